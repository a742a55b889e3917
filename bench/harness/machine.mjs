// What a figure was measured on: without it no figure means anything.
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    coresCount: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
  }
}

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * The words to put before `node` so that a child keeps to one core and, for durable writes, is not made to wait for a
 * scheduler tick after each flush (4 ms on a busy core, which is not what is being measured). Round-robin and never
 * FIFO priority: FIFO starves V8's compiler threads. Empty where the platform has neither.
 */
export function createPinning(core) {
  const isPinned = succeeds('taskset', ['-c', String(core), 'true'])
  const isRaised = succeeds('chrt', ['-r', '1', 'true'])
  const pin = isPinned ? ['taskset', '-c', String(core)] : []
  return {
    usual: pin,
    durable: isRaised ? [...pin, 'chrt', '-r', '1'] : pin,
    description: `${isPinned ? `core ${core}` : 'not pinned'}, durable writes ${isRaised ? 'at round-robin priority' : 'at usual priority'}`,
  }
}
