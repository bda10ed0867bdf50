package io.rekindle.flink.log;

import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;

/** Reads a log from its beginning to its end, once. It is not restored: a run over history that fails is run again. */
final class LogSource implements Source<RowData, LogSplit, Boolean>, ResultTypeQueryable<RowData> {

    private static final long serialVersionUID = 1L;

    private final List<String> paths;
    private final boolean lines;
    private final RecordReader reader;
    private final TypeInformation<RowData> type;

    LogSource(List<String> paths, boolean lines, RecordReader reader, TypeInformation<RowData> type) {
        this.paths = List.copyOf(paths);
        this.lines = lines;
        this.reader = reader;
        this.type = type;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public SourceReader<RowData, LogSplit> createReader(SourceReaderContext context) {
        return new LogReader(context, paths, lines, reader);
    }

    @Override
    public SplitEnumerator<LogSplit, Boolean> createEnumerator(SplitEnumeratorContext<LogSplit> context) {
        return new WholeLog(context);
    }

    @Override
    public SplitEnumerator<LogSplit, Boolean> restoreEnumerator(SplitEnumeratorContext<LogSplit> context, Boolean state) {
        return new WholeLog(context);
    }

    @Override
    public SimpleVersionedSerializer<LogSplit> getSplitSerializer() {
        return new Empty<>(new LogSplit());
    }

    @Override
    public SimpleVersionedSerializer<Boolean> getEnumeratorCheckpointSerializer() {
        return new Empty<>(Boolean.TRUE);
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return type;
    }

    /** There is one value and nothing to write down. */
    private record Empty<T>(T value) implements SimpleVersionedSerializer<T> {

        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(T given) {
            return new byte[0];
        }

        @Override
        public T deserialize(int version, byte[] bytes) {
            return value;
        }
    }
}
