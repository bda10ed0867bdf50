package io.rekindle.flink.log;

import org.apache.flink.api.connector.source.SourceSplit;

/** The whole log. */
record LogSplit() implements SourceSplit {

    @Override
    public String splitId() {
        return "log";
    }
}
