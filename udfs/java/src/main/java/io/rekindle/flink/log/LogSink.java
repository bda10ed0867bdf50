package io.rekindle.flink.log;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;

/** Appends records to a file of its own in the log's folder. */
final class LogSink implements Sink<RowData> {

    private static final long serialVersionUID = 1L;
    private static final int TIME_PRECISION = 3;

    private final String folder;
    private final SerializationSchema<RowData> encoder;
    private final RowData.FieldGetter[] getters;
    private final int key;
    private final int time;

    /** key, time: places of those columns, -1 without one. */
    LogSink(String folder, SerializationSchema<RowData> encoder, LogicalType[] types, int[] valuePlaces, int key, int time) {
        this.folder = folder;
        this.encoder = encoder;
        this.getters = new RowData.FieldGetter[valuePlaces.length];
        for (int i = 0; i < getters.length; i++) {
            getters[i] = RowData.createFieldGetter(types[valuePlaces[i]], valuePlaces[i]);
        }
        this.key = key;
        this.time = time;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
        try {
            encoder.open(context.asSerializationSchemaInitializationContext());
        } catch (Exception error) {
            throw new IOException(error);
        }
        Path path = Files.createDirectories(Path.of(folder)).resolve(UUID.randomUUID() + ".log");
        return new Writer(new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path), 1 << 16)));
    }

    private final class Writer implements SinkWriter<RowData> {

        private final DataOutputStream out;

        Writer(DataOutputStream out) {
            this.out = out;
        }

        @Override
        public void write(RowData row, Context context) throws IOException {
            GenericRowData value = new GenericRowData(getters.length);
            for (int i = 0; i < getters.length; i++) {
                value.setField(i, getters[i].getFieldOrNull(row));
            }
            byte[] name = key < 0 || row.isNullAt(key) ? null : row.getString(key).toString().getBytes(StandardCharsets.UTF_8);
            long at = time < 0 || row.isNullAt(time) ? 0 : row.getTimestamp(time, TIME_PRECISION).getMillisecond();
            new Records(at, name, encoder.serialize(value)).write(out);
        }

        @Override
        public void flush(boolean end) throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
