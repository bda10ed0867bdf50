package io.rekindle.flink.decode;

import java.io.IOException;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;

/**
 * Format {@code rekindle-version}: JSON rows of a compacted topic as versions of their key. Options as of format {@code json}. Use with
 * connector {@code kafka} and a primary key.
 *
 * <p>A tombstone is a version too, with NULLs and {@code tombstone = TRUE}, from its own record time on. {@code upsert-kafka} makes a
 * deletion of it that carries the deleted row's time, and so takes back the past: who was erased at noon had no profile in the morning
 * either, once the job is behind (measured on 2.2.1). A value that is no JSON is a version of NULLs as well: what it replaces must not go on
 * to count, and absent consent is no.
 */
public class VersionFormatFactory implements DeserializationFormatFactory {

    private final JsonFormatFactory json = new JsonFormatFactory();

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(DynamicTableFactory.Context context, ReadableConfig options) {
        DecodingFormat<DeserializationSchema<RowData>> inner = json.createDecodingFormat(context, options);
        return new DecodingFormat<>() {
            @Override
            public DeserializationSchema<RowData> createRuntimeDecoder(DynamicTableSource.Context runtime, DataType type) {
                RowType row = (RowType) type.getLogicalType();
                return new VersionDeserializer(
                        inner.createRuntimeDecoder(runtime, type), row.getFieldCount(), row.getFieldNames().indexOf("tombstone"));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return ChangelogMode.upsert();
            }
        };
    }

    @Override
    public String factoryIdentifier() {
        return "rekindle-version";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return json.requiredOptions();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return json.optionalOptions();
    }

    private static final class VersionDeserializer implements DeserializationSchema<RowData> {

        private static final long serialVersionUID = 1L;

        private final DeserializationSchema<RowData> json;
        private final int width;
        /** Place of the column, -1 when the table has none. */
        private final int tombstone;

        VersionDeserializer(DeserializationSchema<RowData> json, int width, int tombstone) {
            this.json = json;
            this.width = width;
            this.tombstone = tombstone;
        }

        @Override
        public void open(InitializationContext context) throws Exception {
            json.open(context);
        }

        @Override
        public void deserialize(byte[] value, Collector<RowData> out) {
            GenericRowData row = value == null ? null : read(value);
            boolean erased = value == null;
            row = row == null ? new GenericRowData(width) : row;
            if (tombstone >= 0) {
                row.setField(tombstone, erased);
            }
            row.setRowKind(RowKind.UPDATE_AFTER);
            out.collect(row);
        }

        private GenericRowData read(byte[] value) {
            try {
                return (GenericRowData) json.deserialize(value);
            } catch (IOException | RuntimeException unreadable) {
                return null; // whatever it was: nothing in it counts
            }
        }

        @Override
        public RowData deserialize(byte[] value) {
            throw new UnsupportedOperationException("rows are collected");
        }

        @Override
        public boolean isEndOfStream(RowData next) {
            return false;
        }

        @Override
        public TypeInformation<RowData> getProducedType() {
            return json.getProducedType();
        }
    }
}
