package io.rekindle.flink.log;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.apache.flink.util.UserCodeClassLoader;

/** Reads in the task's own thread, a few records a call, file after file. */
final class LogReader implements SourceReader<RowData, LogSplit> {

    private static final int RECORDS_PER_CALL = 64;
    private static final int BUFFER = 1 << 16;

    private final SourceReaderContext context;
    private final Deque<Path> files = new ArrayDeque<>();
    private final List<String> paths;
    private final boolean lines;
    private final RecordReader reader;
    private final CompletableFuture<Void> assigned = new CompletableFuture<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean hasSplit;
    private Path path;
    private DataInputStream in;
    private long offset;

    LogReader(SourceReaderContext context, List<String> paths, boolean lines, RecordReader reader) {
        this.context = context;
        this.paths = paths;
        this.lines = lines;
        this.reader = reader;
    }

    @Override
    public void start() {
        try {
            reader.decoder.open(new DeserializationSchema.InitializationContext() {
                @Override
                public MetricGroup getMetricGroup() {
                    return context.metricGroup();
                }

                @Override
                public UserCodeClassLoader getUserCodeClassLoader() {
                    return context.getUserCodeClassLoader();
                }
            });
            for (String given : paths) {
                files.addAll(files(Path.of(given)));
            }
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** Those of a folder by name; none of one that is not there. */
    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return Files.exists(path) ? List.of(path) : List.of();
        }
        try (Stream<Path> found = Files.list(path)) {
            return found.sorted().toList();
        }
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) throws Exception {
        if (!hasSplit) {
            return assigned.isDone() ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
        }
        int count = 0;
        while (count < RECORDS_PER_CALL) {
            Records record = next();
            if (record == null) {
                Progress.read(count);
                return InputStatus.END_OF_INPUT;
            }
            count++;
            reader.rows(record, offset++, new Collector<>() {
                @Override
                public void collect(RowData row) {
                    output.collect(row, record.time());
                }

                @Override
                public void close() {}
            });
        }
        Progress.read(count);
        return InputStatus.MORE_AVAILABLE;
    }

    private Records next() throws IOException {
        while (true) {
            if (in == null) {
                path = files.poll();
                if (path == null) {
                    return null;
                }
                if (!open()) {
                    continue;
                }
            }
            Records record = null;
            try {
                record = lines ? nextLine() : Records.read(in);
            } catch (EOFException | ZipException cut) {
                Progress.cutOff(path.getFileName().toString());
            }
            if (record != null) {
                return record;
            }
            in.close();
            in = null;
        }
    }

    private boolean open() throws IOException {
        InputStream raw = Files.newInputStream(path);
        try {
            boolean packed = lines && path.toString().endsWith(".gz");
            in = new DataInputStream(new BufferedInputStream(packed ? new GZIPInputStream(raw, BUFFER) : raw, BUFFER));
            return true;
        } catch (EOFException | ZipException cut) {
            raw.close();
            Progress.cutOff(path.getFileName().toString());
            return false;
        }
    }

    /** Every line has a number, an empty one too; only the end of the last line is no line of its own. */
    private Records nextLine() throws IOException {
        while (true) {
            line.reset();
            int next = in.read();
            if (next < 0) {
                return null;
            }
            for (; next >= 0 && next != '\n'; next = in.read()) {
                line.write(next);
            }
            byte[] bytes = line.toByteArray();
            int length = bytes.length;
            if (length > 0 && bytes[length - 1] == '\r') {
                bytes = Arrays.copyOf(bytes, --length);
            }
            if (length > 0) {
                return new Records(0, null, bytes);
            }
            offset++;
        }
    }

    @Override
    public List<LogSplit> snapshotState(long checkpoint) {
        return new ArrayList<>();
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return assigned;
    }

    @Override
    public void addSplits(List<LogSplit> splits) {
        hasSplit = true;
        assigned.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {
        assigned.complete(null);
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
    }
}
