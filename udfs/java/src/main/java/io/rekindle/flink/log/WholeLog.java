package io.rekindle.flink.log;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/** Gives the one reader the one split. */
final class WholeLog implements SplitEnumerator<LogSplit, Boolean> {

    private final SplitEnumeratorContext<LogSplit> context;

    WholeLog(SplitEnumeratorContext<LogSplit> context) {
        this.context = context;
    }

    @Override
    public void addReader(int subtask) {
        if (subtask == 0) {
            context.assignSplit(new LogSplit(), subtask);
        }
        context.signalNoMoreSplits(subtask);
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, String host) {}

    @Override
    public void addSplitsBack(List<LogSplit> splits, int subtask) {}

    @Override
    public Boolean snapshotState(long checkpoint) {
        return true;
    }

    @Override
    public void close() throws IOException {}
}
