// A process, or a worker thread, of its own that takes a directory: run as a bundle by processes.ts.
//   hold <path> <write|read>       says what came of it, keeps the lock until told to let it go
//   stress <path> <log> <seconds>  takes the lock again and again, notes in the log when it has it, and dies now and then

import { appendFileSync } from 'node:fs'
import { isMainThread, threadId, workerData } from 'node:worker_threads'
import { LockedError } from '../../../src/error/index.ts'
import { openFileDirectory } from '../../../src/storage/file/index.ts'

const [task = '', path = '', ...rest] = isMainThread ? process.argv.slice(2) : (workerData as string[])
if (task === 'hold') await hold(rest[0] === 'read')
else await stress(rest[0] ?? '', Number(rest[1]))

async function hold(readOnly: boolean): Promise<void> {
  const directory = await openFileDirectory(path, { readOnly })
  try {
    await directory.lock()
    say({ outcome: 'held', pid: process.pid })
  } catch (error) {
    const { name, code, message, details } = error as LockedError
    say({ outcome: 'refused', name, code, message, details })
    return
  }
  process.stdin.on('data', async (data) => {
    const word = String(data).trim()
    if (word === 'exit') process.exit(0)
    await directory.unlock()
    say({ outcome: 'free' })
    process.stdin.destroy()
  })
}

async function stress(log: string, seconds: number): Promise<void> {
  const note = (event: string) => appendFileSync(log, `${event} ${process.pid}.${threadId}\n`)
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const directory = await openFileDirectory(path)
    try {
      await directory.lock()
    } catch (error) {
      if (!(error instanceof LockedError)) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
      continue
    }
    note('takes')
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
    if (Math.random() < 0.3) {
      note('dies')
      process.kill(process.pid, 'SIGKILL')
    }
    note('frees')
    await directory.unlock()
  }
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
