package io.rekindle.flink.activity;

import java.io.IOException;
import java.math.BigDecimal;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** One product of an event that names several, or of a cart. All but the product may be null. */
public record Line(String productId, String name, BigDecimal price, Integer quantity) {

    /** A quantity of 0 is read as none. */
    void write(DataOutputSerializer out) throws IOException {
        out.writeUTF(productId);
        out.writeBoolean(name != null);
        if (name != null) {
            out.writeUTF(name);
        }
        out.writeUTF(price == null ? "" : price.toPlainString());
        out.writeInt(quantity == null ? 0 : quantity);
    }

    static Line read(DataInputDeserializer in) throws IOException {
        String product = in.readUTF();
        String name = in.readBoolean() ? in.readUTF() : null;
        String price = in.readUTF();
        int quantity = in.readInt();
        return new Line(product, name, price.isEmpty() ? null : new BigDecimal(price), quantity == 0 ? null : quantity);
    }
}
