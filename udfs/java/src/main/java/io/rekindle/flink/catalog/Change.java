package io.rekindle.flink.catalog;

import io.rekindle.flink.Texts;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/** A catalogue change while it waits for its instant, as bytes that begin with a version; and its columns in the output. */
record Change(int priceBefore, int price, int stockBefore, int stock, int title, int url, int imageUrl, int category, int currency)
        implements Serializable {

    private static final byte VERSION = 1;
    private static final int PRECISION = 18;
    private static final int SCALE = 2;

    static final DataTypes.Field[] FIELDS = Stream.of(
                    DataTypes.FIELD("price_before", DataTypes.DECIMAL(PRECISION, SCALE)),
                    DataTypes.FIELD("price", DataTypes.DECIMAL(PRECISION, SCALE)),
                    DataTypes.FIELD("stock_before", DataTypes.INT()),
                    DataTypes.FIELD("stock", DataTypes.INT()),
                    DataTypes.FIELD("title", DataTypes.STRING()),
                    DataTypes.FIELD("url", DataTypes.STRING()),
                    DataTypes.FIELD("image_url", DataTypes.STRING()),
                    DataTypes.FIELD("category", DataTypes.STRING()),
                    DataTypes.FIELD("currency", DataTypes.STRING()))
            .toArray(DataTypes.Field[]::new);

    /** Places of the columns in the input. */
    static Change of(ToIntFunction<String> at) {
        return new Change(
                at.applyAsInt("price_before"), at.applyAsInt("price"), at.applyAsInt("stock_before"), at.applyAsInt("stock"),
                at.applyAsInt("title"), at.applyAsInt("url"), at.applyAsInt("image_url"), at.applyAsInt("category"),
                at.applyAsInt("currency"));
    }

    byte[] toBytes(long time, RowData row, DataOutputSerializer out) {
        try {
            out.clear();
            out.writeByte(VERSION);
            out.writeLong(time);
            for (int amount : new int[] {priceBefore, price}) {
                out.writeBoolean(row.isNullAt(amount));
                out.writeLong(row.isNullAt(amount) ? 0 : row.getDecimal(amount, PRECISION, SCALE).toUnscaledLong());
            }
            for (int units : new int[] {stockBefore, stock}) {
                out.writeBoolean(row.isNullAt(units));
                out.writeInt(row.isNullAt(units) ? 0 : row.getInt(units));
            }
            for (int text : new int[] {title, url, imageUrl, category, currency}) {
                Texts.write(out, row.isNullAt(text) ? null : row.getString(text).toString());
            }
            return out.getCopyOfBuffer();
        } catch (IOException impossible) { // memory has no I/O
            throw new UncheckedIOException(impossible);
        }
    }

    /** Epoch ms of a change's instant. */
    static long time(byte[] bytes) {
        try {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            byte version = in.readByte();
            if (version != VERSION) {
                throw new IllegalStateException("state holds a change of version " + version + "; this release reads " + VERSION);
            }
            return in.readLong();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** Puts the change's columns into a row, from that place on. */
    static void fill(GenericRowData row, int place, byte[] bytes) {
        try {
            DataInputDeserializer in = new DataInputDeserializer(bytes, 1 + Long.BYTES, bytes.length - 1 - Long.BYTES);
            for (int i = 0; i < 2; i++) {
                boolean absent = in.readBoolean();
                long amount = in.readLong();
                row.setField(place++, absent ? null : DecimalData.fromUnscaledLong(amount, PRECISION, SCALE));
            }
            for (int i = 0; i < 2; i++) {
                boolean absent = in.readBoolean();
                int units = in.readInt();
                row.setField(place++, absent ? null : (Integer) units);
            }
            for (int i = 0; i < 5; i++) {
                row.setField(place++, StringData.fromString(Texts.read(in)));
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
