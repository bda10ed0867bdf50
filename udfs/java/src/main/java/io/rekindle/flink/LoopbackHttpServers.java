package io.rekindle.flink;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The JDK's own HTTP server, reachable from this machine only. Flink's Prometheus reporter listens on all addresses and has no
 * option against it; {@code rekindle up} names this class in {@code -Dcom.sun.net.httpserver.HttpServerProvider}. The JDK's
 * provider is not exported: {@code --add-exports=jdk.httpserver/sun.net.httpserver=ALL-UNNAMED}.
 */
public final class LoopbackHttpServers extends HttpServerProvider {

    private final HttpServerProvider jdk;

    public LoopbackHttpServers() throws ReflectiveOperationException {
        Class<?> provider = Class.forName("sun.net.httpserver.DefaultHttpServerProvider");
        jdk = (HttpServerProvider) provider.getDeclaredConstructor().newInstance();
    }

    @Override
    public HttpServer createHttpServer(InetSocketAddress address, int backlog) throws IOException {
        return jdk.createHttpServer(onLoopback(address), backlog);
    }

    @Override
    public HttpsServer createHttpsServer(InetSocketAddress address, int backlog) throws IOException {
        return jdk.createHttpsServer(onLoopback(address), backlog);
    }

    private static InetSocketAddress onLoopback(InetSocketAddress address) {
        if (address == null) {
            return null; // bound later, by whoever asked for it so
        }
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort());
    }
}
