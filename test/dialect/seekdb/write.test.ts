// Promise: add, upsert, update and delete do what the reference says, for single values, lists and mixtures; a refused call changes
// nothing.

import { describe, expect, it } from 'vitest'
import { type Collection, SeekdbValueError } from '../../../src/dialect/seekdb/index.ts'
import { CountingEmbedding, embeddingCollection, plainCollection } from './fixtures.ts'

async function state(collection: Collection): Promise<unknown> {
  return await collection.get()
}

async function refuses(collection: Collection, call: () => Promise<unknown>, message: string | RegExp): Promise<void> {
  const before = await state(collection)
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(SeekdbValueError)
  expect((error as Error).name).toBe('SeekdbValueError')
  expect((error as Error).message).toMatch(message)
  expect(await state(collection)).toEqual(before)
}

describe('add', () => {
  it('takes one record as single values', async () => {
    const collection = await plainCollection()
    const answer = await collection.add({
      ids: 'a',
      embeddings: [1, 2, 3],
      documents: 'text',
      metadatas: { topic: 'x', deep: { list: [1, null] } },
    })
    expect(answer).toBeUndefined()
    expect(await collection.get()).toEqual({
      ids: ['a'],
      embeddings: [[1, 2, 3]],
      documents: ['text'],
      metadatas: [{ topic: 'x', deep: { list: [1, null] } }],
    })
  })

  it('takes lists, null columns and numbers as ids', async () => {
    const collection = await plainCollection()
    await collection.add({
      ids: ['a', 7, 'c'] as string[],
      embeddings: [
        [1.1, 2.2, 3.3],
        [0, -0, 1e-7],
        [123456.789, 0.1, 16777217],
      ],
      documents: [null, '', 'c'] as unknown as string[],
      metadatas: [null, {}, { a: 1 }] as unknown as { a: number }[],
    })
    const got = await collection.get()
    expect(got.ids).toEqual(['a', '7', 'c'])
    expect(got.documents).toEqual([null, '', 'c'])
    expect(got.metadatas).toEqual([null, {}, { a: 1 }])
    expect(got.embeddings).toEqual([
      [1.1, 2.2, 3.3],
      [0, 0, 1e-7],
      [123456.79, 0.1, 16777216],
    ])
  })

  it('reads every float32 back in its shortest form', async () => {
    const collection = await plainCollection()
    const bits = new Uint32Array(1)
    const lane = new Float32Array(bits.buffer)
    let seed = 12345
    const next = () => {
      do {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
        bits[0] = seed ^ (seed << 13)
      } while (!Number.isFinite(lane[0]!))
      return lane[0]!
    }
    const vectors = Array.from({ length: 2000 }, () => [next(), next() % 1, Math.fround((next() % 1000) / 7)])
    await collection.add({ ids: vectors.map((_, index) => `${index}`), embeddings: vectors })
    const got = (await collection.get()).embeddings as number[][]
    got.forEach((vector, row) => {
      vector.forEach((value, index) => {
        const given = Math.fround(vectors[row]![index]!)
        expect(Math.fround(value)).toBe(given === 0 ? 0 : given)
        const digits = (n: number) =>
          Number(n)
            .toExponential()
            .replace(/e.*|\D/g, '').length
        for (let few = 1; few < digits(value); few++)
          expect(Math.fround(Number(value.toPrecision(few)))).not.toBe(given)
      })
    })
  })

  it('reads decimal numbers of up to six digits back as they were given', async () => {
    const collection = await plainCollection()
    let seed = 99
    const random = (below: number) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below
    // 9.5e-7 and 9.8e-4 lie where float32 is coarser than seven digits.
    const near = () => [`${900_000 + random(100_000)}e-12`, `${900_000 + random(100_000)}e-9`]
    const vectors = Array.from({ length: 2000 }, () =>
      [...near(), `${random(2) === 0 ? '-' : ''}${random(1_000_000)}e${random(60) - 40}`].map(Number),
    )
    await collection.add({ ids: vectors.map((_, index) => `${index}`), embeddings: vectors })
    expect((await collection.get()).embeddings).toEqual(vectors.map((vector) => vector.map((lane) => lane + 0)))
  })

  it('embeds a batch of documents with one call', async () => {
    const fn = new CountingEmbedding()
    const collection = await embeddingCollection(fn)
    expect(fn.calls).toEqual([])
    await collection.add({ ids: ['a', 'b'], documents: ['one two', 'three'] })
    expect(fn.calls).toEqual([['one two', 'three']])
    expect((await collection.get()).embeddings).toEqual([
      [7, 3, 2],
      [5, 2, 1],
    ])
    await collection.add({ ids: 'c', documents: 'given', embeddings: [9, 9, 9] })
    expect(fn.calls).toHaveLength(1)
  })

  it('takes a copy of what it is given', async () => {
    const collection = await embeddingCollection()
    const metadata = { list: [1] }
    const adding = collection.add({ ids: 'a', documents: 'x', metadatas: metadata })
    metadata.list.push(2)
    await adding
    const got = await collection.get()
    ;(got.metadatas![0] as { list: number[] }).list.push(3)
    expect((await collection.get()).metadatas).toEqual([{ list: [1] }])
  })

  it('takes vectors, texts and metadata as they are when it is called', async () => {
    const collection = await plainCollection()
    const add = async (id: string) => {
      const given = { ids: [id], embeddings: [[1, 2, 3]], documents: ['x'], metadatas: [{ list: [1] }] }
      const adding = collection.add(given)
      given.ids[0] = 'other'
      given.embeddings[0]![0] = 9
      given.documents[0] = 'y'
      given.metadatas[0]!.list.push(2)
      await adding
    }
    await add('first')
    await Promise.all([add('a'), collection.upsert({ ids: 'first', documents: 'x' }), add('b'), add('c')])
    await collection.client.close()
    await add('reopened')
    expect(await collection.get()).toEqual({
      ids: ['first', 'a', 'b', 'c', 'reopened'],
      embeddings: Array.from({ length: 5 }, () => [1, 2, 3]),
      documents: Array.from({ length: 5 }, () => 'x'),
      metadatas: Array.from({ length: 5 }, () => ({ list: [1] })),
    })
  })

  it('stores what JSON makes of metadata, and any name in it', async () => {
    const collection = await plainCollection()
    const metadata = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "a.b": 3, "": 4, "q\\"\'\\n": 5}')
    await collection.add({ ids: 'a', embeddings: [1, 2, 3], metadatas: metadata })
    await collection.add({
      ids: 'b',
      embeddings: [1, 2, 3],
      metadatas: { at: new Date(0), nothing: undefined, nan: Number.NaN } as never,
    })
    const got = await collection.get()
    expect(JSON.stringify(got.metadatas![0])).toBe(JSON.stringify(metadata))
    expect(got.metadatas![1]).toEqual({ at: '1970-01-01T00:00:00.000Z', nan: null })
  })

  it('keeps text of any kind and length', async () => {
    const collection = await plainCollection()
    const documents = ['\u6d4b\u8bd5 \u{1f680} \ud55c', `'"\\\n\t`, 'x'.repeat(200_000)]
    await collection.add({ ids: ['1', '2', '3'], embeddings: documents.map(() => [1, 2, 3]), documents })
    expect((await collection.get()).documents).toEqual(documents)
  })

  it('keeps ids apart that differ in case or trailing spaces', async () => {
    const collection = await plainCollection()
    await collection.add({ ids: ['a', 'A', 'a '], embeddings: [1, 2, 3].map(() => [1, 2, 3]) })
    expect(await collection.count()).toBe(3)
    expect((await collection.get({ ids: 'a ' })).ids).toEqual(['a '])
  })

  it('refuses', async () => {
    const collection = await plainCollection()
    await collection.add({ ids: 'there', embeddings: [1, 2, 3] })
    const add = (options: unknown) => () => collection.add(options as never)
    const one = [1, 2, 3]
    await refuses(collection, add({ ids: [] }), /^ids cannot be empty$/)
    await refuses(collection, add({}), /^ids cannot be empty$/)
    await refuses(
      collection,
      add({ ids: 'a', documents: 'x' }),
      /^Documents provided but no embeddings and no embedding function$/,
    )
    await refuses(collection, add({ ids: 'a' }), /^Either embeddings or documents must be provided$/)
    await refuses(collection, add({ ids: 'a', metadatas: {} }), /^Either embeddings or documents must be provided$/)
    await refuses(collection, add({ ids: ['a', 'there'], embeddings: [one, one] }), /there/)
    await refuses(collection, add({ ids: ['a', 'b', 'a'], embeddings: [one, one, one] }), /'a'/)
    await refuses(collection, add({ ids: ['a', 'b'], embeddings: [one] }), /^Length mismatch: embeddings vs ids$/)
    await refuses(
      collection,
      add({ ids: 'a', embeddings: one, documents: ['x', 'y'] }),
      /^Length mismatch: documents vs ids$/,
    )
    await refuses(collection, add({ ids: ['a', 'b'], embeddings: [one, one], metadatas: {} }), /metadatas vs ids/)
    await refuses(
      collection,
      add({ ids: ['a', 'b'], embeddings: [one, [1, 2]] }),
      /^Dimension mismatch at index 1. Expected 3, got 2$/,
    )
    await refuses(collection, add({ ids: 'a', embeddings: [1, 2, Number.NaN] }), /^Vector contains invalid value: NaN$/)
    await refuses(collection, add({ ids: 'a', embeddings: [1, 2, -Infinity] }), /invalid value: -Infinity$/)
    await refuses(collection, add({ ids: 'a', embeddings: [1, 2, 1e39] }), /invalid value: 1e\+39$/)
    await refuses(collection, add({ ids: 'a', embeddings: 'abc' }), /^Vector must be an array$/)
    await refuses(collection, add({ ids: ['a', 'b'], embeddings: [one, null] }), /^Vector must be an array$/)
    for (const id of [{}, null, true, Number.NaN, '', 'x'.repeat(513), '\u00e9'.repeat(257)]) {
      await refuses(collection, add({ ids: [id], embeddings: one }), /id/)
    }
    await collection.add({ ids: '\u00e9'.repeat(256), embeddings: one })
  })

  it('stores nothing when the function fails', async () => {
    const collection = await embeddingCollection({
      name: 'failing',
      dimension: 3,
      generate: async () => {
        throw new RangeError('no model')
      },
      getConfig: () => ({}),
    })
    await expect(collection.add({ ids: 'a', documents: 'x' })).rejects.toThrow(RangeError)
    expect(await collection.count()).toBe(0)
  })

  it('adds many at once without losing one', async () => {
    const collection = await plainCollection()
    const adding = Array.from({ length: 100 }, (_, index) =>
      index % 3 === 0
        ? collection.upsert({ ids: `${index}`, embeddings: [index, 0, 0] })
        : collection.add({ ids: `${index}`, embeddings: [index, 0, 0] }),
    )
    await Promise.all(adding)
    expect(await collection.count()).toBe(100)
  })
})

describe('upsert', () => {
  it('keeps the columns that are not given, and replaces metadata as a whole', async () => {
    const collection = await plainCollection()
    await collection.upsert({ ids: 'a', embeddings: [1, 2, 3], documents: 'old', metadatas: { a: 1, b: 2 } })
    await collection.upsert({ ids: 'a', metadatas: { c: 3 } })
    await collection.upsert({ ids: 'a', documents: 'new' })
    expect(await collection.get()).toEqual({
      ids: ['a'],
      documents: ['new'],
      metadatas: [{ c: 3 }],
      embeddings: [[1, 2, 3]],
    })
    await collection.upsert({ ids: 'a', embeddings: [4, 5, 6] })
    expect(await collection.get()).toEqual({
      ids: ['a'],
      documents: ['new'],
      metadatas: [{ c: 3 }],
      embeddings: [[4, 5, 6]],
    })
  })

  it('embeds a new document anew, and only what has no vector of its own', async () => {
    const fn = new CountingEmbedding()
    const collection = await embeddingCollection(fn)
    await collection.upsert({ ids: ['a', 'b'], documents: ['one', 'two'] })
    await collection.upsert({ ids: 'a', documents: 'three four' })
    await collection.upsert({ ids: 'b', documents: 'kept', embeddings: [1, 1, 1] })
    await collection.upsert({ ids: 'b', metadatas: { x: 1 } })
    expect(fn.calls).toEqual([['one', 'two'], ['three four']])
    expect((await collection.get()).embeddings).toEqual([
      [10, 4, 2],
      [1, 1, 1],
    ])
  })

  it('mixes new and old, given and left out', async () => {
    const collection = await embeddingCollection()
    await collection.add({ ids: ['a', 'b'], documents: ['aaa', 'bbb'], metadatas: [{ n: 1 }, { n: 2 }] })
    await collection.upsert({
      ids: ['b', 'c', 'a'],
      documents: [undefined, 'ccc', null] as unknown as string[],
      metadatas: [{ n: 20 }, undefined, { n: 10 }] as unknown as { n: number }[],
    })
    const got = await collection.get()
    expect(got.ids).toEqual(['a', 'b', 'c'])
    expect(got.documents).toEqual([null, 'bbb', 'ccc'])
    expect(got.metadatas).toEqual([{ n: 10 }, { n: 20 }, null])
  })

  it('applies an id that comes twice column by column, the last one winning', async () => {
    const collection = await plainCollection()
    await collection.upsert({
      ids: ['a', 'a', 'a'],
      embeddings: [[1, 1, 1], undefined, [3, 3, 3]] as unknown as number[][],
      documents: ['first', 'second', undefined] as unknown as string[],
      metadatas: [{ n: 1 }, undefined, undefined] as unknown as { n: number }[],
    })
    expect(await collection.get()).toEqual({
      ids: ['a'],
      documents: ['second'],
      metadatas: [{ n: 1 }],
      embeddings: [[3, 3, 3]],
    })
  })

  it('refuses, and then changes nothing', async () => {
    const collection = await plainCollection()
    await collection.add({ ids: 'a', embeddings: [1, 2, 3], documents: 'old' })
    const upsert = (options: unknown) => () => collection.upsert(options as never)
    await refuses(
      collection,
      upsert({ ids: 'a' }),
      /^At least one of embeddings, metadatas, or documents must be provided$/,
    )
    await refuses(
      collection,
      upsert({ ids: ['a', 'b'], metadatas: [{ x: 1 }, { x: 2 }] }),
      /^Either embeddings or documents must be provided$/,
    )
    await refuses(
      collection,
      upsert({ ids: ['a', 'b'], documents: ['new', 'new'] }),
      /^Documents provided but no embeddings and no embedding function$/,
    )
    await refuses(
      collection,
      upsert({ ids: ['b', 'a'], embeddings: [[1, 2, 3], [1]] }),
      /^Dimension mismatch at index 1. Expected 3, got 1$/,
    )
    await refuses(collection, upsert({}), /^ids cannot be empty$/)
    await refuses(collection, upsert({ ids: [] }), /^At least one of embeddings, metadatas, or documents/)
  })

  it('takes 10,000 records in a moment', async () => {
    const collection = await plainCollection()
    const ids = Array.from({ length: 10_000 }, (_, index) => `id${index}`)
    const began = process.cpuUsage()
    await collection.upsert({ ids, embeddings: ids.map((_, index) => [index, 1, 2]) })
    await collection.upsert({ ids, metadatas: ids.map((_, index) => ({ index })) })
    expect(await collection.count()).toBe(10_000)
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1_000).toBeLessThan(5000)
  })
})

describe('update', () => {
  it('changes what is given of records that are there', async () => {
    const collection = await plainCollection()
    await collection.add({ ids: ['a', 'b'], embeddings: [1, 2].map(() => [1, 2, 3]), documents: ['x', 'y'] })
    await collection.update({ ids: ['b', 'nobody'], metadatas: [{ n: 1 }, { n: 2 }] })
    await collection.update({ ids: 'a', documents: 'new' })
    await collection.update({ ids: ['a', 'b'], documents: [null, ''] as never, embeddings: [[4, 5, 6], null] as never })
    expect(await collection.get()).toEqual({
      ids: ['a', 'b'],
      documents: ['new', 'y'],
      metadatas: [null, { n: 1 }],
      embeddings: [
        [4, 5, 6],
        [1, 2, 3],
      ],
    })
  })

  it('embeds a new document', async () => {
    const collection = await embeddingCollection()
    await collection.add({ ids: 'a', documents: 'x' })
    await collection.update({ ids: 'a', documents: 'aeiou' })
    expect((await collection.get()).embeddings).toEqual([[5, 5, 1]])
  })

  it('refuses', async () => {
    const collection = await plainCollection()
    await collection.add({ ids: ['a', 'b'], embeddings: [1, 2].map(() => [1, 2, 3]) })
    const update = (options: unknown) => () => collection.update(options as never)
    await refuses(
      collection,
      update({ ids: 'a' }),
      /^At least one of embeddings, metadatas, or documents must be provided$/,
    )
    await refuses(collection, update({ ids: ['a', 'b'], documents: 'x' }), /^Length mismatch: documents vs ids$/)
    await refuses(collection, update({ ids: ['a', 'b'], metadatas: [{}] }), /^Length mismatch: metadatas vs ids$/)
    await refuses(
      collection,
      update({ ids: ['a', 'b'], embeddings: [1, 2, 3] }),
      /^Length mismatch: embeddings vs ids$/,
    )
    await refuses(
      collection,
      update({ ids: 'a', embeddings: [1, 2] }),
      /^Dimension mismatch at index 0. Expected 3, got 2$/,
    )
  })
})

describe('delete', () => {
  const filled = async () => {
    const collection = await plainCollection()
    await collection.add({
      ids: ['a', 'b', 'c'],
      embeddings: [1, 2, 3].map((n) => [n, n, n]),
      documents: ['apple pie', 'banana', 'apple'],
      metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }],
    })
    return collection
  }

  it('needs every condition to hold', async () => {
    const collection = await filled()
    await collection.delete({ ids: ['a', 'b', 'nobody'], whereDocument: { $contains: 'APPLE' } })
    expect((await collection.get()).ids).toEqual(['b', 'c'])
    await collection.delete({ where: { n: { $gt: 2 } }, whereDocument: { $contains: 'banana' } })
    expect(await collection.count()).toBe(2)
    await collection.delete({ where: { n: { $gt: 2 } } })
    expect((await collection.get()).ids).toEqual(['b'])
    await collection.delete({ ids: 'b' })
    expect(await collection.count()).toBe(0)
    await collection.add({ ids: 'b', embeddings: [1, 2, 3] })
  })

  it('is never taken for everything', async () => {
    const collection = await filled()
    const none = /^At least one of ids, where, or whereDocument must be provided$/
    for (const options of [{}, { where: {} }, { where: {}, whereDocument: {} }, { where: { $or: [{}, { n: 1 }] } }]) {
      await refuses(collection, () => collection.delete(options as never), none)
    }
    await refuses(collection, () => collection.delete({ where: { n: { $gtee: 1 } } as never }), /\$gtee.*\$gte/)
    await refuses(collection, () => collection.delete({ where: { $nor: [] } as never }), /\$nor/)
    await refuses(collection, () => collection.delete({ whereDocument: { $contain: 'a' } as never }), /\$contains/)
    await collection.delete({ ids: [] })
    await collection.delete({ ids: [], where: { n: 1 } })
    expect(await collection.count()).toBe(3)
  })
})

describe('calls made without awaiting', () => {
  it('see what was written before them, the first of a collection too: a count was 0, and a deletion was undone', async () => {
    const collection = await plainCollection()
    const lanes = (i: number) => [i, 0, 0]
    // The second time nothing is left to be read, or to be loaded, first.
    for (const time of ['first', 'second']) {
      const [, , , , , count, got, near, fused] = await Promise.all([
        collection.add({ ids: ['a', 'b', 'c'], embeddings: [1, 2, 3].map(lanes), documents: ['a', 'b', 'c'] }),
        collection.update({ ids: 'a', metadatas: { time } }),
        collection.upsert({ ids: ['b', 'd'], embeddings: [lanes(4), lanes(5)], documents: ['B', 'D'] }),
        collection.delete({ ids: 'c' }),
        collection.delete({ ids: ['a', 'd'], whereDocument: { $contains: 'd' } }),
        collection.count(),
        collection.get({ ids: ['a', 'b', 'c', 'd'] }),
        collection.query({ queryEmbeddings: lanes(9) }),
        collection.hybridSearch({ knn: { queryEmbeddings: lanes(9) } }),
      ])
      expect(count).toBe(2)
      expect(got).toEqual({
        ids: ['a', 'b'],
        documents: ['a', 'B'],
        metadatas: [{ time }, null],
        embeddings: [lanes(1), lanes(4)],
      })
      expect(near.ids).toEqual([['b', 'a']])
      expect(fused.ids).toEqual([['b', 'a']])
      const [again, emptied] = await Promise.all([
        collection.add({ ids: 'a', embeddings: lanes(1) }).catch((error: Error) => error.message),
        collection.delete({ ids: ['a', 'b'] }),
      ]).then(async ([message]) => [message, await collection.count()])
      expect(again).toBe("Duplicate id 'a': it exists already")
      expect(emptied).toBe(0)
    }
  })

  it('do not wait for the texts of others to be embedded', async () => {
    const counting = new CountingEmbedding()
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const collection = await embeddingCollection({
      name: 'slow',
      dimension: 3,
      generate: async (texts) => {
        if (texts[0] !== 'quick') await gate
        return await counting.generate(texts)
      },
      getConfig: () => ({}),
    })
    const slow = collection.add({ ids: 'slow', documents: 'slow' })
    await collection.add({ ids: 'quick', documents: 'quick' })
    expect((await collection.get()).ids).toEqual(['quick'])
    go()
    await slow
    expect((await collection.get()).ids).toEqual(['quick', 'slow'])
  })
})
