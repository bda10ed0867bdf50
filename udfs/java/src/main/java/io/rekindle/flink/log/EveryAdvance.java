package io.rekindle.flink.log;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;

/**
 * Watermarks by the rows alone: one goes out with every row that moves it, none by the wall clock. So two runs over the same rows see the
 * same watermarks, and call the same rows late.
 */
final class EveryAdvance implements WatermarkGenerator<RowData> {

    private final WatermarkGenerator<RowData> inner;
    private long newest = Long.MIN_VALUE;

    private EveryAdvance(WatermarkGenerator<RowData> inner) {
        this.inner = inner;
    }

    static WatermarkStrategy<RowData> of(WatermarkGeneratorSupplier<RowData> inner) {
        return context -> new EveryAdvance(inner.createWatermarkGenerator(context));
    }

    @Override
    public void onEvent(RowData row, long time, WatermarkOutput output) {
        inner.onEvent(row, time, output);
        inner.onPeriodicEmit(new WatermarkOutput() {
            @Override
            public void emitWatermark(Watermark watermark) {
                if (watermark.getTimestamp() > newest) {
                    newest = watermark.getTimestamp();
                    output.emitWatermark(watermark);
                    Progress.reached(newest);
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
