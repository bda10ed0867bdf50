package io.rekindle.flink;

import java.time.Instant;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * SQL: {@code PINNED(x)}: x itself, as a nullable value of which the optimizer knows nothing.
 *
 * <p>What all triggers of a pack have in common (a version, a purpose) would else be taken out of their union as a constant, and a
 * column would be NOT NULL where every trigger happens to fill it. Both are part of the type of the rows that the joins behind the union
 * keep: adding a trigger could make a savepoint unreadable. Not deterministic, so that nobody computes it at planning time.
 */
public class Pinned extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    public String eval(String value) {
        return value;
    }

    public Integer eval(Integer value) {
        return value;
    }

    public Long eval(Long value) {
        return value;
    }

    public Boolean eval(Boolean value) {
        return value;
    }

    public @DataTypeHint("TIMESTAMP_LTZ(3)") Instant eval(@DataTypeHint("TIMESTAMP_LTZ(3)") Instant value) {
        return value;
    }

    public @DataTypeHint("ARRAY<STRING>") String[] eval(@DataTypeHint("ARRAY<STRING>") String[] value) {
        return value;
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }
}
