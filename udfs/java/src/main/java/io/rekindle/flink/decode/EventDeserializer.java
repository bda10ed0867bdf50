package io.rekindle.flink.decode;

import java.util.List;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Bytes of a line to a row of the columns a table asked for. Never null, never an exception: a line that cannot be read is a row too. */
final class EventDeserializer implements DeserializationSchema<RowData> {

    private static final long serialVersionUID = 1L;

    private final List<String> columns;
    private final TypeInformation<RowData> type;
    private final String mapping;
    private final int maxLineBytes;
    private final boolean needsTime;

    private transient EventDecoder decoder;
    private transient EventColumns.Getter[] getters;

    EventDeserializer(RowType rowType, TypeInformation<RowData> type, String mapping, int maxLineBytes, boolean needsTime) {
        this.columns = List.copyOf(rowType.getFieldNames());
        this.type = type;
        this.mapping = mapping;
        this.maxLineBytes = maxLineBytes;
        this.needsTime = needsTime;
        EventColumns.getters(columns, new Mapping(mapping)); // an unknown column is told at planning time
    }

    @Override
    public void open(InitializationContext context) {
        Mapping table = new Mapping(mapping);
        decoder = new EventDecoder(table, maxLineBytes, needsTime);
        getters = EventColumns.getters(columns, table);
    }

    @Override
    public RowData deserialize(byte[] line) {
        Decoded event = decoder.decode(line);
        GenericRowData row = new GenericRowData(getters.length);
        for (int i = 0; i < getters.length; i++) {
            row.setField(i, getters[i].get(event));
        }
        return row;
    }

    @Override
    public boolean isEndOfStream(RowData next) {
        return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return type;
    }
}
