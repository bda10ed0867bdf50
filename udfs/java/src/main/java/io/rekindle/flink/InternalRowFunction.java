package io.rekindle.flink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.ArgumentCount;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.ConstantArgumentCount;
import org.apache.flink.table.types.inference.InputTypeStrategy;
import org.apache.flink.table.types.inference.Signature;
import org.apache.flink.table.types.inference.StateTypeStrategy;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;
import org.apache.flink.table.types.inference.TypeInference;

/**
 * A process table function over one table of any columns, {@code input}, that sees Flink's internal rows.
 *
 * <p>Flink hands a table argument over as {@code Row}, converting every column of every row. The copy that planning makes of a function
 * ("specialization") may ask for {@code RowData} instead, and spare that.
 */
public abstract class InternalRowFunction extends ProcessTableFunction<RowData> implements SpecializedFunction {

    private static final long serialVersionUID = 1L;

    /** NULL until the planner has shown the input. */
    private DataType inputType;

    /** What is kept per key, by name. */
    protected abstract LinkedHashMap<String, DataType> state(DataTypeFactory types);

    /**
     * How long an entry of the state of that name is kept after it was last written, by the wall clock; empty = {@code
     * table.exec.state.ttl}, zero = for good.
     */
    protected Optional<Duration> timeToLive(String state) {
        return Optional.empty();
    }

    /** Whether rows of a key come together, with state, or each row alone. */
    protected StaticArgumentTrait semantics() {
        return StaticArgumentTrait.SET_SEMANTIC_TABLE;
    }

    /** Traits of {@code input} beyond its semantics. */
    protected abstract EnumSet<StaticArgumentTrait> traits();

    /** Arguments after {@code input}. */
    protected abstract StaticArgument[] scalars();

    protected abstract Optional<DataType> outputType(CallContext call, DataType input);

    /** A copy that may keep what the call says, such as the place of a column. */
    protected abstract InternalRowFunction specialized(CallContext call, DataType input);

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        CallContext call = context.getCallContext();
        DataType input = input(call);
        InternalRowFunction copy = specialized(call, input);
        copy.inputType = input.bridgedTo(RowData.class);
        return copy;
    }

    @Override
    public final TypeInference getTypeInference(DataTypeFactory types) {
        LinkedHashMap<String, StateTypeStrategy> state = new LinkedHashMap<>();
        state(types).forEach((name, type) -> state.put(name, StateTypeStrategy.of(call -> Optional.of(type), timeToLive(name).orElse(null))));
        TypeInference.Builder inference = TypeInference.newBuilder()
                .stateTypeStrategies(state)
                .outputTypeStrategy(call -> outputType(call, input(call)).map(type -> type.bridgedTo(RowData.class)));
        if (inputType != null) {
            // Only here can the class of a table argument be said; a static argument of a table is always handed over as Row.
            return inference.inputTypeStrategy(new InternalInput()).build();
        }
        EnumSet<StaticArgumentTrait> traits = EnumSet.of(StaticArgumentTrait.TABLE, semantics());
        traits.addAll(traits());
        StaticArgument[] scalars = scalars();
        StaticArgument[] arguments = new StaticArgument[scalars.length + 1];
        arguments[0] = StaticArgument.table("input", RowData.class, false, traits);
        System.arraycopy(scalars, 0, arguments, 1, scalars.length);
        return inference.staticArguments(arguments).build();
    }

    /** The arguments as declared, the table in Flink's internal form. */
    private final class InternalInput implements InputTypeStrategy {

        @Override
        public ArgumentCount getArgumentCount() {
            return ConstantArgumentCount.any();
        }

        @Override
        public Optional<List<DataType>> inferInputTypes(CallContext call, boolean throwOnFailure) {
            List<DataType> arguments = new ArrayList<>(call.getArgumentDataTypes());
            arguments.set(0, inputType);
            StaticArgument[] scalars = scalars();
            for (int i = 0; i < scalars.length; i++) {
                arguments.set(i + 1, scalars[i].getDataType().orElseThrow());
            }
            return Optional.of(arguments);
        }

        @Override
        public List<Signature> getExpectedSignatures(FunctionDefinition definition) {
            return List.of(Signature.of(Signature.Argument.of("input")));
        }
    }

    private static DataType input(CallContext call) {
        return call.getTableSemantics(0).orElseThrow(() -> call.newValidationError("input must be a table")).dataType();
    }

    /** Place of a column, or a planning error that names it. */
    protected static int column(CallContext call, DataType input, String name) {
        int at = DataType.getFieldNames(input).indexOf(name);
        if (at < 0) {
            throw call.newValidationError("input has no column '%s'", name);
        }
        return at;
    }

    /** An argument that must be a literal, since the function is fixed with it at planning time. */
    protected static <T> T literal(CallContext call, int position, Class<T> type) {
        return call.getArgumentValue(position, type).orElseThrow(() -> call.newValidationError("argument %s must be a literal", position));
    }
}
