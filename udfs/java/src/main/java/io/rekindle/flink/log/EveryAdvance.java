package io.rekindle.flink.log;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;

/**
 * Watermarks by the rows alone: one goes out with a row that moves it, by a step at least, none by the wall clock. So two runs over the same
 * rows see the same watermarks, and call the same rows late.
 */
final class EveryAdvance implements WatermarkGenerator<RowData> {

    private final WatermarkGenerator<RowData> inner;
    private final int stepMs;
    private long next = Long.MIN_VALUE;

    private EveryAdvance(WatermarkGenerator<RowData> inner, int stepMs) {
        this.inner = inner;
        this.stepMs = Math.max(stepMs, 1);
    }

    static WatermarkStrategy<RowData> of(WatermarkGeneratorSupplier<RowData> inner, int stepMs) {
        return context -> new EveryAdvance(inner.createWatermarkGenerator(context), stepMs);
    }

    @Override
    public void onEvent(RowData row, long time, WatermarkOutput output) {
        inner.onEvent(row, time, output);
        inner.onPeriodicEmit(new WatermarkOutput() {
            @Override
            public void emitWatermark(Watermark watermark) {
                if (watermark.getTimestamp() >= next && watermark.getTimestamp() > Long.MIN_VALUE) {
                    next = watermark.getTimestamp() + stepMs;
                    output.emitWatermark(watermark);
                    Progress.reached(watermark.getTimestamp());
                }
            }

            @Override
            public void markIdle() {}

            @Override
            public void markActive() {}
        });
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {}
}
