package io.rekindle.flink.log;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;

/** One record of a log: time in epoch ms, then key and value, each as its length (-1: null) and its bytes; numbers big-endian. */
record Records(long time, byte[] key, byte[] value) {

    void write(DataOutputStream out) throws IOException {
        out.writeLong(time);
        write(out, key);
        write(out, value);
    }

    private static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    /** Null at the end. */
    static Records read(DataInputStream in) throws IOException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        long time = (long) first << 56;
        for (int shift = 48; shift >= 0; shift -= 8) {
            time |= (long) in.readUnsignedByte() << shift;
        }
        return new Records(time, bytes(in), bytes(in));
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("a record is cut off");
        }
        return bytes;
    }
}
