package io.rekindle.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.table.functions.ScalarFunction;

/** SQL: {@code SESSION_ID(device_id, started_at)}, started_at as ISO text: 32 hex characters, the same in every run over the same history. */
public class SessionId extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    public String eval(String device, String startedAt) {
        if (device == null || startedAt == null) {
            return null;
        }
        byte[] text = (device + '\u001f' + startedAt).getBytes(StandardCharsets.UTF_8);
        return Digests.hex(Digests.sha256().digest(text)).substring(0, 32);
    }
}
