// Operations that can be repeated, timed by tinybench.
import { Bench } from 'tinybench'

/**
 * Runs repeatable operations under tinybench. An iteration is `perIteration` operations over inputs made by `prepare`
 * outside the clock, for a clock read costs as much as a get.
 */
export async function repeat(timeMs, tasks) {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4, iterations: 3, warmupIterations: 1 })
  for (const { name, prepare, run, isAwaited } of tasks) {
    bench.add(name, run, { beforeEach: prepare, async: isAwaited })
  }
  await bench.run()
  const rates = {}
  for (const { name, perIteration } of tasks) {
    const { result } = bench.getTask(name)
    if (result.state !== 'completed') throw result.error ?? new Error(`${name} ended as ${result.state}`)
    rates[name] = (1_000 * perIteration) / result.latency.mean
  }
  return rates
}
