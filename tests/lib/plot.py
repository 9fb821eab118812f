"""A row of samples as a line of text."""


def sparkline(samples, columns=72):
    columns = min(columns, len(samples))
    means = []
    for i in range(columns):
        part = samples[i * len(samples) // columns:(i + 1) * len(samples) // columns]
        means.append(sum(part) / len(part))
    low, high = min(means), max(means)
    return "".join("▁▂▃▄▅▆▇█"[int((m - low) / ((high - low) or 1) * 7.99)] for m in means)
