// @ts-check
// What differs on Windows, as a program for Node there: `node windows-story.mjs FOLDER`. Starts itself as a writer that gets
// killed, and as a virus scanner. Prints OUTCOMES and a list of what happened.

import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'quiverdb'

const [, program, folder, role] = process.argv
const acknowledged = join(folder, '..', 'acknowledged')
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Writes without an end, and notes what was acknowledged. */
async function write() {
  const db = await open(folder)
  const c = await db.createCollection('c')
  for (let id = 0; ; id++) {
    await c.insert({ id, text: 'x'.repeat(300) })
    writeFileSync(acknowledged, `${id}`)
  }
}

/** Opens each file once it was written, for some milliseconds; every second one so that nobody else may open it. */
async function scan() {
  const EXCLUSIVE = 0x10000000 // UV_FS_O_EXLOCK
  const held = new Map()
  const seen = new Map()
  writeFileSync(acknowledged, 'scanning')
  for (let turn = 0; ; turn++) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (held.has(name)) continue
      try {
        const { ino, mtimeMs } = statSync(join(folder, name))
        if (seen.get(name) === `${ino} ${mtimeMs}`) continue
        held.set(name, {
          file: openSync(join(folder, name), turn % 2 ? EXCLUSIVE : 0),
          until: Date.now() + (turn % 60),
        })
        seen.set(name, `${ino} ${mtimeMs}`)
      } catch {
        // Gone, or open elsewhere.
      }
    }
    for (const [name, { file, until }] of held) {
      if (Date.now() < until) continue
      closeSync(file)
      held.delete(name)
    }
    await wait(1)
  }
}

async function begin(what) {
  rmSync(acknowledged, { force: true })
  const child = spawn(process.execPath, [program, folder, what], { stdio: 'ignore' })
  while (!existsSync(acknowledged) || readFileSync(acknowledged, 'utf8') === '') await wait(20)
  return async () => {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.on('exit', resolve))
  }
}

async function tell() {
  const outcomes = []
  const kill = await begin('write')
  await wait(300)
  outcomes.push(await open(folder).then(String, ({ code }) => code))
  await kill()
  const last = Number(readFileSync(acknowledged, 'utf8'))
  // The pid of a dead process is soon another's: here it is ours.
  const lock = join(folder, 'quiver.lock')
  writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), pid: process.pid }))
  const db = await open(folder)
  const found = await db.collection('c').getMany(Array.from({ length: last + 1 }, (_, id) => id))
  outcomes.push(found.every(Boolean) ? 'nothing lost' : 'lost')
  await db.close()

  const end = await begin('scan')
  for (let round = 0; round < 10; round++) {
    const scanned = await open(folder)
    for (const name of ['a', 'b']) {
      const c = await scanned.createCollection(name)
      await c.insert([{ id: 1 }, { id: 2 }])
      await c.optimize()
      await scanned.dropCollection(name)
    }
    await scanned.close()
  }
  await end()
  outcomes.push('scanned')
  rmSync(folder, { recursive: true })
  console.log(`OUTCOMES${JSON.stringify(outcomes)}`)
}

await (role === 'write' ? write() : role === 'scan' ? scan() : tell())
