-- Returns the time and the entries of an index.
return {now(), redis.call('ZRANGE', KEYS[1], 0, -1)}
