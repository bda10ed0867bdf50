package io.rekindle.flink.log;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;

/**
 * Connector {@code rekindle-log}: a topic that lies in a folder. The same tables, formats and record times as over Kafka, so a job runs
 * unchanged on history and on test rows; one partition, read in order by one reader, ended by its end.
 */
public final class LogTableFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {

    /** Folder of a log, or files of lines in the order they are read, one a line. */
    static final ConfigOption<String> PATH = ConfigOptions.key("path").stringType().noDefaultValue();
    /** {@code records}: as {@link Records} writes them; {@code lines}: text, a value a line. */
    static final ConfigOption<String> FRAMING = ConfigOptions.key("framing").stringType().defaultValue("records");
    static final ConfigOption<String> VALUE_FORMAT = ConfigOptions.key("value.format").stringType().noDefaultValue();
    /** The STRING column that is the record's key. */
    static final ConfigOption<String> KEY_FIELD = ConfigOptions.key("key.field").stringType().noDefaultValue();
    /** Least event time between two watermarks, in ms. */
    static final ConfigOption<Integer> WATERMARK_STEP = ConfigOptions.key("watermark-step").intType().defaultValue(0);
    /** Whether the key's column is in the value too. */
    static final ConfigOption<Boolean> KEY_IN_VALUE = ConfigOptions.key("key.in-value").booleanType().defaultValue(true);

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        DecodingFormat<DeserializationSchema<RowData>> format = helper.discoverDecodingFormat(DeserializationFormatFactory.class, VALUE_FORMAT);
        helper.validate();
        boolean lines = helper.getOptions().get(FRAMING).equals("lines");
        List<String> paths = Arrays.asList(helper.getOptions().get(PATH).split("\n"));
        int step = helper.getOptions().get(WATERMARK_STEP);
        return new LogTableSource(paths, lines, columns(context, helper), format, step, context.getObjectIdentifier().getObjectName());
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        EncodingFormat<SerializationSchema<RowData>> format = helper.discoverEncodingFormat(SerializationFormatFactory.class, VALUE_FORMAT);
        helper.validate();
        return new LogTableSink(Path.of(helper.getOptions().get(PATH)), columns(context, helper), format);
    }

    private static Columns columns(Context context, FactoryUtil.TableFactoryHelper helper) {
        return new Columns(
                context.getPhysicalRowDataType(),
                helper.getOptions().getOptional(KEY_FIELD).orElse(null),
                helper.getOptions().get(KEY_IN_VALUE));
    }

    @Override
    public String factoryIdentifier() {
        return "rekindle-log";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(PATH, VALUE_FORMAT);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(FRAMING, KEY_FIELD, KEY_IN_VALUE, WATERMARK_STEP);
    }
}
