// Runs a program of the editor. It is the reader's own code in the reader's own browser: it runs in this worker, away from the page, its
// elements and its thread, with the open database and one interface on it in scope. That keeps a mistake from harming the page (a loop
// without end is stopped by ending the worker, and what was acknowledged is in the files); it is no wall against hostile code, which
// could fetch from this origin and write to its storage. So a program is never taken from an address or another page.

import type { Database } from 'quiverdb'
import * as quiverdb from 'quiverdb'
import type { Interface, ProgramAnswer, ProgramLine } from '../protocol.ts'
import { inspect } from './inspect.ts'

type Scope = Readonly<Record<string, unknown>>

/** What a program of each interface finds in scope. */
const SCOPES: Readonly<Record<Interface, (db: Database) => Promise<Scope>>> = {
  async quiverdb(db) {
    return { ...quiverdb, db }
  },
  async rethinkdb(database) {
    const { default: r } = await import('quiverdb/rethinkdb')
    return { r, conn: await r.connect({ database }) }
  },
  async milvus(database) {
    const module = await import('quiverdb/milvus')
    return { ...module, client: new module.MilvusClient({ database }) }
  },
  async epsilla(database) {
    const module = await import('quiverdb/epsilla')
    return { ...module, db: new module.EpsillaDB({ database }) }
  },
  async seekdb(database) {
    const module = await import('quiverdb/seekdb')
    return { ...module, client: new module.SeekdbClient({ database }) }
  },
}

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>

/** @param tell - called with what the program prints, and with what it returns at the end. */
export async function runProgram(
  db: Database,
  dialect: Interface,
  text: string,
  tell: (line: ProgramLine) => void,
): Promise<ProgramAnswer> {
  const scope = await SCOPES[dialect](db)
  const began = performance.now()
  const line = (level: ProgramLine['level'], values: readonly unknown[]) =>
    tell({ level, values: values.map((value) => inspect(value)), ms: performance.now() - began })
  const console = {
    log: (...values: unknown[]) => line('log', values),
    info: (...values: unknown[]) => line('log', values),
    debug: (...values: unknown[]) => line('log', values),
    warn: (...values: unknown[]) => line('warn', values),
    error: (...values: unknown[]) => line('error', values),
  }
  const names = Object.keys(scope).filter((name) => name !== 'default')
  let isFailed = false
  try {
    const run = new AsyncFunction('console', ...names, `'use strict'\n${text}\n`)
    const value = await run(console, ...names.map((name) => scope[name]))
    if (value !== undefined) line('result', [value])
  } catch (error) {
    isFailed = true
    line('error', [error])
  }
  return { ms: performance.now() - began, isFailed }
}
