// Promise: a program typed against the official client compiles when only its import changes. Checked by compiling one program
// against both.

import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

const PROGRAM = `
import { EpsillaCloud, EpsillaDB, VectorDB, type ClientConfig, type EpsillaResponse } from 'CLIENT'

const config: ClientConfig = { protocol: 'http', host: 'localhost', port: 8888 }

interface Row { ID: number; Embedding: number[] }
const rows: Row[] = [{ ID: 2, Embedding: [0.2, 0.2, 0.3, 0.4] }]

export async function main(): Promise<number> {
  const db = new EpsillaDB(config)
  await db.loadDB('/tmp/epsilla', 'MyDB', 1000, true)
  db.useDB('MyDB')
  await db.createTable('MyTable', [
    { name: 'ID', dataType: 'INT', primaryKey: true },
    { name: 'Embedding', dataType: 'VECTOR_FLOAT', dimensions: 4, metricType: 'COSINE' },
  ])
  const inserted = await db.insert('MyTable', [{ ID: 1, Embedding: [0.1, 0.2, 0.3, 0.4] }])
  if (inserted instanceof Error) throw inserted
  await db.insert('MyTable', rows)
  const parsed: unknown[] = JSON.parse('[]')
  await db.insert('MyTable', parsed)
  const query: EpsillaResponse | Error = await db.query('MyTable', {
    queryField: 'Embedding',
    queryVector: [0.1, 0.2, 0.3, 0.4],
    limit: 2,
    response: ['ID'],
    filter: 'ID < 6',
    withDistance: true,
  })
  if (query instanceof Error) throw query
  await db.get('MyTable', { response: ['ID'], primaryKeys: [1], skip: 0, limit: 1 })
  await db.deleteByPrimaryKeys('MyTable', [1])
  await db.delete('MyTable', { filter: 'ID = 1' })
  await db.listTables()
  await db.dropTable('MyTable')
  await db.unloadDB('MyDB')
  await db.dropDB('MyDB')
  const cloud = new VectorDB('id', new EpsillaCloud({ projectID: 'p', apiKey: 'k' }))
  const connected = await cloud.connect()
  console.log(connected.anything, inserted.time)
  await cloud.query('MyTable', { queryField: 'Embedding', queryVector: [1], limit: 1 })
  // Programs hand every answer on under one type: those of writes were none of it.
  const written: Promise<EpsillaResponse | Error>[] = [db.insert('MyTable', rows), db.delete('MyTable', { filter: 'ID = 1' })]
  for (const answer of await Promise.all(written)) if (answer instanceof Error) throw answer
  return query.statusCode + inserted.statusCode
}
`

function complaints(client: string): string[] {
  const path = join(ROOT, 'test/dialect/epsilla/program.ts')
  const text = PROGRAM.replace('CLIENT', client)
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    types: ['node'],
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
  }
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.fileExists = (name) => name === path || fileExists.call(host, name)
  host.readFile = (name) => (name === path ? text : readFile.call(host, name))
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile.call(host, name, ...rest)
  const program = ts.createProgram([path], options, host)
  const found = program.getSemanticDiagnostics(program.getSourceFile(path))
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

it('compiles against the official client', () => {
  expect(complaints('epsillajs')).toEqual([])
})

it('compiles against this one', () => {
  expect(complaints('../../../src/dialect/epsilla/index.ts')).toEqual([])
})
