package io.rekindle.flink.log;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A table that writes a log: what several subtasks send, in the order it arrives. */
final class LogTableSink implements DynamicTableSink, SupportsWritingMetadata {

    private final Path folder;
    private final Columns columns;
    private final EncodingFormat<SerializationSchema<RowData>> format;
    private boolean timed;

    LogTableSink(Path folder, Columns columns, EncodingFormat<SerializationSchema<RowData>> format) {
        this.folder = folder;
        this.columns = columns;
        this.format = format;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        SerializationSchema<RowData> encoder = format.createRuntimeEncoder(context, columns.valueType());
        int time = timed ? columns.count() : -1;
        return SinkV2Provider.of(new LogSink(folder.toString(), encoder, columns.types(), columns.value(), columns.key(), time), 1);
    }

    @Override
    public Map<String, DataType> listWritableMetadata() {
        return Map.of("timestamp", DataTypes.TIMESTAMP_LTZ(3).nullable());
    }

    @Override
    public void applyWritableMetadata(List<String> keys, DataType consumed) {
        timed = !keys.isEmpty();
    }

    @Override
    public DynamicTableSink copy() {
        LogTableSink copy = new LogTableSink(folder, columns, format);
        copy.timed = timed;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "rekindle-log";
    }
}
