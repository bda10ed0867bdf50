package io.rekindle.flink.log;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.util.Collector;

/** A record to rows: columns of its value, its key, then what is said about it. */
final class RecordReader implements Serializable {

    private static final long serialVersionUID = 1L;

    final DeserializationSchema<RowData> decoder;
    private final int[] valuePlaces;
    private final RowData.FieldGetter[] getters;
    private final int width;
    private final int key;
    private final String[] metadata;

    RecordReader(DeserializationSchema<RowData> decoder, LogicalType[] types, int[] valuePlaces, int key, String[] metadata) {
        this.decoder = decoder;
        this.valuePlaces = valuePlaces;
        this.getters = new RowData.FieldGetter[valuePlaces.length];
        for (int i = 0; i < getters.length; i++) {
            getters[i] = RowData.createFieldGetter(types[valuePlaces[i]], i);
        }
        this.width = types.length;
        this.key = key;
        this.metadata = metadata;
    }

    /** offset: running number of the record in the log. */
    void rows(Records record, long offset, Collector<RowData> out) throws IOException {
        decoder.deserialize(record.value(), new Collector<>() {
            @Override
            public void collect(RowData value) {
                out.collect(row(value, record, offset));
            }

            @Override
            public void close() {}
        });
    }

    private RowData row(RowData value, Records record, long offset) {
        GenericRowData row = new GenericRowData(value.getRowKind(), width + metadata.length);
        for (int i = 0; i < valuePlaces.length; i++) {
            row.setField(valuePlaces[i], getters[i].getFieldOrNull(value));
        }
        if (key >= 0 && record.key() != null) {
            row.setField(key, StringData.fromString(new String(record.key(), StandardCharsets.UTF_8)));
        }
        for (int i = 0; i < metadata.length; i++) {
            row.setField(width + i, switch (metadata[i]) {
                case "timestamp" -> TimestampData.fromEpochMillis(record.time());
                case "partition" -> 0;
                default -> offset;
            });
        }
        return row;
    }
}
