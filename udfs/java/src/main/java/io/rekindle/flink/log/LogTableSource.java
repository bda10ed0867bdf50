package io.rekindle.flink.log;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A log as a table. Reads its watermarks off the rows itself: format rekindle-version cannot be planned over a source that does not. */
final class LogTableSource implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {

    private static final Map<String, DataType> METADATA = new LinkedHashMap<>();

    static {
        METADATA.put("timestamp", DataTypes.TIMESTAMP_LTZ(3).notNull());
        METADATA.put("partition", DataTypes.INT().notNull());
        METADATA.put("offset", DataTypes.BIGINT().notNull());
    }

    private final List<String> paths;
    private final boolean lines;
    private final Columns columns;
    private final DecodingFormat<DeserializationSchema<RowData>> format;
    private final int watermarkStep;
    private final String name;
    private List<String> metadata = List.of();
    private DataType produced;
    private WatermarkStrategy<RowData> watermarks = WatermarkStrategy.noWatermarks();

    LogTableSource(
            List<String> paths,
            boolean lines,
            Columns columns,
            DecodingFormat<DeserializationSchema<RowData>> format,
            int watermarkStep,
            String name) {
        this.paths = paths;
        this.lines = lines;
        this.columns = columns;
        this.format = format;
        this.watermarkStep = watermarkStep;
        this.name = name;
        this.produced = columns.physical();
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return format.getChangelogMode();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        DeserializationSchema<RowData> decoder = format.createRuntimeDecoder(context, columns.valueType());
        RecordReader reader = new RecordReader(decoder, columns.types(), columns.value(), columns.key(), metadata.toArray(String[]::new));
        LogSource source = new LogSource(paths, lines, reader, context.createTypeInformation(produced));
        WatermarkStrategy<RowData> strategy = EveryAdvance.of(watermarks, watermarkStep);
        return new DataStreamScanProvider() {
            @Override
            public DataStream<RowData> produceDataStream(ProviderContext provider, StreamExecutionEnvironment env) {
                // one reader: a history is a sequence
                return env.fromSource(source, strategy, name).setParallelism(1);
            }

            @Override
            public boolean isBounded() {
                return false; // for the planner: it must plan what runs in production
            }
        };
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return METADATA;
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType type) {
        metadata = keys;
        produced = type;
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> strategy) {
        watermarks = strategy;
    }

    @Override
    public DynamicTableSource copy() {
        LogTableSource copy = new LogTableSource(paths, lines, columns, format, watermarkStep, name);
        copy.metadata = metadata;
        copy.produced = produced;
        copy.watermarks = watermarks;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "rekindle-log";
    }
}
