package io.rekindle.flink.decode;

import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Format {@code rekindle-event}: lines of {@code events.raw} as rows. Every line gives exactly one row: with columns by the mapping table,
 * or with {@code reason} and {@code raw}. A table names the columns it wants out of those {@link EventColumns} knows.
 */
public class EventFormatFactory implements DeserializationFormatFactory {

    static final ConfigOption<String> MAPPING = ConfigOptions.key("mapping").stringType().noDefaultValue();
    static final ConfigOption<Integer> MAX_LINE_BYTES = ConfigOptions.key("max-line-bytes").intType().defaultValue(262_144);
    /** For a history that is no Kafka topic: a line without a time has none. */
    static final ConfigOption<Boolean> NEEDS_TIME = ConfigOptions.key("needs-time").booleanType().defaultValue(false);

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(DynamicTableFactory.Context context, ReadableConfig options) {
        FactoryUtil.validateFactoryOptions(this, options);
        return new Format(options.get(MAPPING), options.get(MAX_LINE_BYTES), options.get(NEEDS_TIME));
    }

    @Override
    public String factoryIdentifier() {
        return "rekindle-event";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(MAPPING);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(MAX_LINE_BYTES, NEEDS_TIME);
    }

    private record Format(String mapping, int maxLineBytes, boolean needsTime) implements ProjectableDecodingFormat<DeserializationSchema<RowData>> {

        @Override
        public DeserializationSchema<RowData> createRuntimeDecoder(
                DynamicTableSource.Context context, DataType physicalType, int[][] projections) {
            DataType produced = Projection.of(projections).project(physicalType);
            return new EventDeserializer(
                    (RowType) produced.getLogicalType(), context.createTypeInformation(produced), mapping, maxLineBytes, needsTime);
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return ChangelogMode.insertOnly();
        }
    }
}
