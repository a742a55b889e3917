// Promise: the command line brings documents in and out without losing anything, tells what is wrong, and ends with the status that
// says so.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { open } from '../../src/index.ts'
import { Session } from './session.ts'

let session: Session
let db: string
beforeEach(() => {
  session = new Session()
  db = session.path('db')
})
afterEach(() => session.remove())

const lines = (...documents: object[]) => documents.map((one) => JSON.stringify(one)).join('\n')

describe('import', () => {
  it('takes NDJSON from standard input, and counts', async () => {
    const input = lines({ id: 1, a: 'x' }, { id: 2 }, { id: 1 })
    const first = await session.run(['import', db, 'things', '-', '--json'], input)
    expect(first.status).toBe(1)
    expect(JSON.parse(first.output)).toMatchObject({ read: 3, inserted: 2, errors: 1 })
    expect(first.errors).toContain('1 documents were refused')
    const again = await session.run(['import', db, 'things', '-', '--conflict', 'replace'], input)
    expect(again).toMatchObject({ status: 0, output: expect.stringContaining('3 documents') })
  })

  // Of a million rows the refused one was "position 990 of the batch": which of a thousand batches, nobody could tell.
  it('says where in the input the first refused document stands', async () => {
    const rows = Array.from({ length: 2500 }, (_, at) => ({ id: at === 2300 ? 7 : at }))
    const { errors } = await session.run(['import', db, 'c', '-'], lines(...rows))
    expect(errors).toContain('already has a document with id 7 (document 2301 of the input)')
  })

  // PowerShell and spreadsheets begin a file with one: "line 1 is not valid JSON" of a file that looked right in every editor.
  it.each([
    ['json', '[{"id":1}]'],
    ['ndjson', '{"id":1}\r\n{"id":2}\r\n'],
    ['csv', 'id\r\n1\r\n'],
  ])('takes %s that begins with a byte order mark', async (format, text) => {
    expect(await session.run(['import', db, 'c', '-', '--format', format], `\ufeff${text}`)).toMatchObject({
      status: 0,
    })
    const opened = await open(db)
    expect(await opened.collection('c').get(1)).toEqual({ id: 1 })
    await opened.close()
  })

  it.each(['json', 'ndjson', 'csv', 'parquet'])('says in one line that a file of %s is not there', async (format) => {
    const { status, errors } = await session.run(['import', db, 'c', session.path(`none.${format}`)])
    expect([status, errors]).toEqual([1, expect.stringMatching(/^quiverdb: cannot read ".*none\.\w+": ENOENT.*\n$/)])
  })

  // A pipe breaks texts anywhere: what stood at a break came out as replacement characters, and nobody was told.
  it.each([
    ['json', '[{"id":1,"s":"\u65e5\u672c \ud83e\udd8a"}]'],
    ['ndjson', '{"id":1,"s":"\u65e5\u672c \ud83e\udd8a"}'],
    ['csv', 'id,s\n1,\u65e5\u672c \ud83e\udd8a\n'],
  ])('takes %s from standard input in pieces that end within characters', async (format, text) => {
    const pieces = Array.from(Buffer.from(text), (byte) => Buffer.of(byte))
    expect((await session.run(['import', db, 'c', '-', '--format', format], pieces)).status).toBe(0)
    const opened = await open(db)
    expect(await opened.collection('c').get(1)).toEqual({ id: 1, s: '\u65e5\u672c \ud83e\udd8a' })
    await opened.close()
  })

  it('tells numbers and booleans of a CSV from text, unless told not to', async () => {
    const file = session.write('a.csv', 'id,n,zip,ok,note\n1,2.5,01234,true,"a, ""b"""\n2,-7,99,false,\n')
    expect((await session.run(['import', db, 'c', file])).status).toBe(0)
    expect((await session.run(['import', db, 't', file, '--text'])).status).toBe(0)
    const opened = await open(db)
    expect(await opened.collection('c').find({ sort: 'id' }).toArray()).toEqual([
      { id: 1, n: 2.5, zip: '01234', ok: true, note: 'a, "b"' },
      { id: 2, n: -7, zip: 99, ok: false },
    ])
    expect(await opened.collection('t').get('2')).toEqual({ id: '2', n: '-7', zip: '99', ok: 'false' })
    await opened.close()
  })

  it('takes JSON and Parquet, and a key of another name', async () => {
    const json = session.write('a.json', JSON.stringify([{ sku: 'x', n: 1 }, { sku: 'y' }]))
    expect((await session.run(['import', db, 'j', json, '--key', 'sku'])).status).toBe(0)
    const parquet = join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet')
    const limited = session.write('small.parquet', readFileSync(parquet).subarray(0, 100))
    expect((await session.run(['import', db, 'p', limited])).status).toBe(1)
    const opened = await open(db)
    expect(await opened.collection('j').get('y')).toEqual({ sku: 'y' })
    await opened.close()
  })

  it.each([
    ['broken.ndjson', '{"id":1}\n{"id":', 'line 2 is not valid JSON'],
    ['list.ndjson', '[1]', 'line 1 is not an object'],
    ['broken.json', '{', 'is not valid JSON'],
    ['value.json', '[{"id":{"$quiver":"bigint","value":"x"}}]', 'is not valid JSON: Cannot convert x to a BigInt\n'],
    ['broken.csv', 'a,b\n1,2,3\n', 'the CSV is broken'],
  ])('says what is wrong with %s', async (name, content, message) => {
    const run = await session.run(['import', db, 'c', session.write(name, content)])
    expect(run.status).toBe(1)
    expect(run.errors).toContain(message)
  })
})

describe('export', () => {
  it('writes what import brings back, of every type', async () => {
    const documents = [
      { id: 1, at: new Date(5), big: 2n ** 60n, bytes: new Uint8Array([1, 255]), v: new Float32Array([0.5, -1]) },
      { id: 2, $quiver: 'date', value: 'not one', nested: { list: [1, { a: null }] } },
    ]
    const opened = await open(db)
    await (await opened.createCollection('a')).insert(documents)
    await opened.close()
    const exported = await session.run(['export', db, 'a'])
    expect(exported.status).toBe(0)
    expect((await session.run(['import', db, 'b', '-'], exported.output)).status).toBe(0)
    const again = await open(db)
    expect(await again.collection('b').find({ sort: 'id' }).toArray()).toEqual(documents)
    await again.close()
  })

  // JSON has no word for these numbers: they came back as 0.
  it('keeps the numbers in typed arrays that JSON lacks', async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1.5]
    const document = { id: 1, v: Float32Array.from(odd), w: Float64Array.from(odd) }
    const opened = await open(db)
    await (await opened.createCollection('a')).insert(document)
    await opened.close()
    for (const format of ['ndjson', 'json']) {
      const { output } = await session.run(['export', db, 'a', '--format', format])
      await session.run(['import', db, format, '-', '--format', format], output)
      const again = await open(db)
      expect(await again.collection(format).get(1)).toEqual(document)
      await again.close()
    }
  })

  // The file was emptied first, and then there was no collection of that name, or no such operator.
  it.each([[['nope']], [['a', '--filter', '{"n":{"$more":1}}']], [['a', '--format', 'csv', '--sort', '']]])(
    'that is refused leaves the file as it was: %j',
    async (args) => {
      await session.run(['import', db, 'a', '-'], lines({ id: 1, n: 1 }))
      const out = session.write('kept.ndjson', 'kept')
      const { status } = await session.run(['export', db, ...args, '--out', out])
      expect(status).toBeGreaterThan(0)
      expect(readFileSync(out, 'utf8')).toBe('kept')
    },
  )

  it('filters, sorts, selects, limits; as JSON, CSV, and to a file', async () => {
    await session.run(['import', db, 'c', '-'], lines({ id: 1, n: 3 }, { id: 2, n: 1 }, { id: 3, n: 2, t: 'a"b' }))
    const json = await session.run(['export', db, 'c', '--format', 'json', '--filter', '{"n":{"$lt":3}}', '--sort=-n'])
    expect(JSON.parse(json.output)).toEqual([
      { id: 3, n: 2, t: 'a"b' },
      { id: 2, n: 1 },
    ])
    const csv = await session.run([
      'export',
      db,
      'c',
      '--format',
      'csv',
      '--select',
      'id,t',
      '--sort',
      'id',
      '--limit',
      '3',
    ])
    expect(csv.output).toBe('id,t\n1,\n2,\n3,"a""b"\n')
    const out = session.path('out.ndjson')
    expect((await session.run(['export', db, 'c', '--out', out])).output).toContain('3 documents written')
    expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(3)
  })

  it('gives a CSV a column for every field: those that the first document lacks were left out without a word', async () => {
    const documents = lines({ id: 1 }, { id: 2, 'a.b': 'x' }, { id: 3, a: { b: 'y' }, constructor: 'z' })
    await session.run(['import', db, 'c', '-'], documents)
    const csv = (...options: string[]) =>
      session.run(['export', db, 'c', '--format', 'csv', '--sort', 'id', ...options])
    expect((await csv()).output).toBe('id,a.b,a,constructor\n1,,,\n2,x,,\n3,,"{""b"":""y""}",z\n')
    expect((await csv('--limit', '1')).output).toBe('id\n1\n')
    expect((await csv('--filter', '{"id":9}')).output).toBe('')
  })

  it('writes bytes into a CSV as they are in plain JSON: they stood in quotes of their own', async () => {
    const [date, big] = ['1970-01-01T00:00:00.000Z', '1152921504606846976']
    const tagged = (type: string, value: string) => ({ $quiver: type, value })
    const document = {
      id: 1,
      s: '"q"',
      d: tagged('date', date),
      n: tagged('bigint', big),
      b: tagged('Uint8Array', 'AQI='),
    }
    await session.run(['import', db, 'c', '-'], lines({ ...document, l: [1, 'x'], t: true }))
    const { output } = await session.run(['export', db, 'c', '--format', 'csv'])
    expect(output).toBe(`id,s,d,n,b,l,t\n1,"""q""",${date},${big},AQI=,"[1,""x""]",true\n`)
  })

  it('fills the cells of selected paths and of fields that every object inherits: paths were empty, functions printed', async () => {
    await session.run(['import', db, 'c', '-'], lines({ id: 1, a: { b: 'y', c: 1 } }, { id: 2, a: [{ b: 1 }] }))
    const args = ['export', db, 'c', '--format', 'csv', '--sort', 'id', '--select', 'id,a.b,constructor']
    expect((await session.run(args)).output).toBe('id,a.b,constructor\n1,y,\n2,,\n')
    expect((await session.run([...args, '--filter', '{"id":9}'])).output).toBe('id,a.b,constructor\n')
  })
})

describe('the rest', () => {
  it('says what is there', async () => {
    await session.run(['import', db, 'c', '-'], lines({ id: 1 }))
    const { output } = await session.run(['info', db, '--json'])
    expect(JSON.parse(output)).toMatchObject({ collections: [{ name: 'c', primaryKey: 'id', documents: 1 }] })
    expect((await session.run(['info', db])).output).toContain('documents')
    expect((await session.run(['compact', db])).output).toContain('c:')
  })

  it('finds damage, and keeps what is whole', async () => {
    await session.run(
      ['import', db, 'c', '-'],
      lines(...Array.from({ length: 2_500 }, (_, id) => ({ id, text: `t${id}` }))),
    )
    expect((await session.run(['check', db])).status).toBe(0)
    const log = readdirSync(db).find((name) => name.endsWith('.log'))!
    const bytes = readFileSync(join(db, log))
    bytes[20_000]! ^= 1
    writeFileSync(join(db, log), bytes)
    const checked = await session.run(['check', db, '--json'])
    expect(checked.status).toBe(1)
    expect(JSON.parse(checked.output)).toMatchObject({ isWhole: false })
    const repaired = await session.run(['repair', db, '--json'])
    expect(repaired.status).toBe(0)
    const { documents, repairs } = JSON.parse(repaired.output)
    expect(documents).toBeGreaterThan(1_000)
    expect(repairs.length).toBeGreaterThan(0)
    expect((await session.run(['check', db])).status).toBe(0)
  })

  // It said that all was whole, and the copy was missed when the catalog was damaged, too.
  it('warns of damage to files that only save time or serve a repair', async () => {
    const made = await open(db)
    const index = { type: 'hnsw', graphFrom: 10 } as const
    const collection = await made.createCollection('c', { vectors: { v: { dimension: 2, index } } })
    await collection.insert(Array.from({ length: 100 }, (_, id) => ({ id, v: [id, 100 - id] })))
    await collection.optimize()
    await made.close()
    const warned = async () => {
      const { status, output } = await session.run(['check', db, '--json'])
      expect(status).toBe(0)
      return JSON.parse(output)
    }
    const whole = { isWhole: true, documents: 100, warnings: [] }
    expect(await warned()).toMatchObject(whole)
    const snapshot = readdirSync(db).find((name) => name.endsWith('.snapshot'))!
    const { length } = readFileSync(join(db, snapshot))
    for (const [name, place] of [
      ['catalog.copy', 30],
      [snapshot, 20],
      [snapshot, length >> 1],
      [snapshot, length - 20],
    ] as const) {
      const bytes = readFileSync(join(db, name))
      bytes[place]! ^= 1
      writeFileSync(join(db, name), bytes)
      expect(await warned(), `${name} ${place}`).toMatchObject({
        ...whole,
        warnings: [expect.stringContaining(`${name} is damaged: nothing is lost`)],
      })
      expect((await session.run(['check', db])).output).toContain(`whole, 100 documents\nwarning: ${name} is damaged`)
      bytes[place]! ^= 1
      writeFileSync(join(db, name), bytes)
    }
    writeFileSync(join(db, snapshot), 'no snapshot')
    writeFileSync(join(db, 'catalog.copy'), '')
    expect((await warned()).warnings).toHaveLength(2)
    // As the warnings say.
    const again = await open(db)
    await again.collection('c').insert({ id: 100, v: [1, 1] })
    await again.createCollection('d')
    await again.close()
    expect(await warned()).toMatchObject({ ...whole, documents: 101 })
  })

  it.each([
    [['frob'], 'there is no command "frob"'],
    [['info'], 'usage: quiverdb info <directory> - what is in it\n'],
    [['import', 'a', 'b'], 'usage: quiverdb import <directory> <collection> <file> - brings in'],
    [['compact', 'a', 'b', 'c'], 'usage: quiverdb compact <directory> [collection] - '],
    [['info', 'a', '--nope'], "Unknown option '--nope'"],
    [['import', 'a', 'b', 'c.xyz'], 'does not tell the format'],
  ])('refuses %j with status 2', async (args, message) => {
    const run = await session.run(args.map((one) => (one === 'a' ? db : one)))
    expect(run.errors).toContain(message)
    expect(run.status).toBe(2)
  })

  it('tells programs what is wrong as JSON', async () => {
    const missing = await session.run(['info', session.path('none'), '--json'])
    expect(missing).toMatchObject({ status: 1, output: '' })
    expect(JSON.parse(missing.errors)).toEqual({ error: expect.stringContaining('none'), code: expect.any(String) })
    const wrong = await session.run(['info', '--json', '--nope'])
    expect(wrong.status).toBe(2)
    expect(JSON.parse(wrong.errors)).toEqual({ error: expect.stringContaining("Unknown option '--nope'") })
  })

  it('helps', async () => {
    const { output } = await session.run([])
    expect(output).toContain('quiverdb <command>')
    expect(output).toContain('\n  repl    [directory]                      a prompt with the five interfaces\n')
    expect((await session.run(['--version'])).output).toBe('1.2.3\n')
    const missing = await session.run(['export', session.path('none'), 'c'])
    expect(missing.status).toBe(1)
  })

  it('measures', async () => {
    const { output } = await session.run(['bench', '--limit', '200', '--json'])
    expect(JSON.parse(output).steps).toHaveLength(4)
  })

  it('has a prompt', async () => {
    const line = "await db.createCollection('c').then((made) => made.insert({ id: 1 }))\n"
    const { output, status } = await session.run(['repl'], line)
    expect(status).toBe(0)
    expect(output).toContain('inserted: 1')
  })
})
