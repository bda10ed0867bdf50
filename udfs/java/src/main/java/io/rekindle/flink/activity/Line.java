package io.rekindle.flink.activity;

import java.math.BigDecimal;

/** One product of an event that names several. All but the product may be null. */
public record Line(String productId, String name, BigDecimal price, Integer quantity) {}
