package io.rekindle.flink;

import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.serialization.StringSerializer;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * SQL: {@code SEND_HEARTBEATS(tick, servers, options, topics, interval_ms, grace_ms)}: every interval one heartbeat, by the wall clock, into
 * every partition of the topics that outsiders write. {@code options}: client properties, {@code name=value} a line. {@code topics}: {@code
 * name:key_column:time_column:partitions}, by comma. Returns how many it sent.
 *
 * <p>It writes by itself, not through a sink, because it must know when the broker has answered. After an outage the heartbeats held back
 * meanwhile, or a fresh one, could reach the log before the events that producers held back, and make those late. So: one round under way
 * at a time, and silence of {@code grace_ms} after a round that took long or failed. Event time then moves by the events alone.
 */
public class SendHeartbeats extends ScalarFunction {

    private static final long serialVersionUID = 1L;
    /** A round that takes longer saw an outage. Well above a garbage collection, well below what producers hold back for. */
    private static final long OUTAGE_MS = 2_500;

    private transient KafkaProducer<String, String> producer;
    private transient AtomicInteger unanswered;
    private transient AtomicLong slowestMs;
    private transient long silentUntil;
    private transient boolean warm;
    private transient long lastSent;

    @Override
    public void open(FunctionContext context) {
        unanswered = new AtomicInteger();
        slowestMs = new AtomicLong();
    }

    public int eval(Long tick, String servers, String options, String topics, Integer intervalMs, Integer graceMs) {
        long now = System.currentTimeMillis();
        // ticks come at least once a second; half a tick early is on time
        if (unanswered.get() > 0 || now - lastSent < intervalMs - 500) {
            return 0;
        }
        if (slowestMs.getAndSet(0) > OUTAGE_MS && warm) {
            silentUntil = now + graceMs;
        }
        if (now < silentUntil) {
            return 0;
        }
        warm = producer != null; // the first round finds brokers and classes cold: its time says nothing
        int sent = 0;
        lastSent = now;
        for (String topic : topics.split(",")) {
            sent += beat(topic.split(":"), servers, options, now);
        }
        return sent;
    }

    private int beat(String[] topic, String servers, String options, long now) {
        int partitions = Integer.parseInt(topic[3]);
        for (int partition = 0; partition < partitions; partition++) {
            String key = Partitions.heartbeatKey(partition, partitions);
            String value = "{\"event\":\"$heartbeat\",\"" + topic[1] + "\":\"" + key + "\",\"" + topic[2] + "\":\"" + IsoTime.text(now) + "\"}";
            unanswered.incrementAndGet();
            producer(servers, options).send(new ProducerRecord<>(topic[0], partition, now, key, value), (done, failure) -> {
                slowestMs.accumulateAndGet(failure == null ? System.currentTimeMillis() - now : Long.MAX_VALUE, Math::max);
                unanswered.decrementAndGet();
            });
        }
        return partitions;
    }

    private KafkaProducer<String, String> producer(String servers, String options) {
        if (producer == null) {
            Properties properties = new Properties();
            properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
            properties.put(ProducerConfig.ACKS_CONFIG, "all");
            properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
            properties.put(ProducerConfig.CLIENT_ID_CONFIG, "rekindle-heartbeats");
            options.lines().map(line -> line.split("=", 2)).forEach(pair -> properties.put(pair[0], pair[1]));
            // found by class object: by name it would be looked for in the wrong class loader
            producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
        }
        return producer;
    }

    /** Each tick has an effect of its own: must not be computed once at planning time. */
    @Override
    public boolean isDeterministic() {
        return false;
    }

    @Override
    public void close() {
        if (producer != null) {
            producer.close(java.time.Duration.ofSeconds(1));
        }
    }
}
