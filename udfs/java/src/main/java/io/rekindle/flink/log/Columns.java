package io.rekindle.flink.log;

import java.util.stream.IntStream;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** Which columns of a table are the record's key and which its value. */
record Columns(DataType physical, String keyField, boolean keyInValue) {

    int count() {
        return row().getFieldCount();
    }

    /** Place of the key's column, -1 without one. */
    int key() {
        return keyField == null ? -1 : row().getFieldNames().indexOf(keyField);
    }

    /** Places of the columns that the value holds. */
    int[] value() {
        return IntStream.range(0, count()).filter(place -> keyInValue || place != key()).toArray();
    }

    DataType valueType() {
        return Projection.of(value()).project(physical);
    }

    LogicalType[] types() {
        return row().getChildren().toArray(LogicalType[]::new);
    }

    private RowType row() {
        return (RowType) physical.getLogicalType();
    }
}
