// Promise: of several tabs on one database one serves, and when it goes another does; a call that was on its way meanwhile is done once.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openDatabase } from '../../../src/engine/index.ts'
import { MemoryDirectory } from '../../../src/storage/memory/index.ts'
import type { CallRequest, Reply } from '../../../src/worker/protocol.ts'
import { Tab } from '../../../src/worker/tabs.ts'

const place = vi.hoisted(() => ({ directory: undefined as unknown }))
vi.mock('../../../src/storage/origin/index.ts', () => ({
  lockName: (path: string) => path,
  openOriginDirectory: async () => (place.directory as MemoryDirectory).reopen(),
}))

/** A broadcast channel whose messages wait, for each listener in the order they were sent, while the test holds them up. */
class Channel {
  static all: Channel[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null
  readonly #held: unknown[] = []
  #isHeld = false

  constructor() {
    Channel.all.push(this)
  }

  postMessage(message: unknown): void {
    const data = structuredClone(message)
    for (const other of Channel.all) if (other !== this) queueMicrotask(() => other.#deliver(data))
  }

  #deliver(data: unknown): void {
    if (this.#isHeld) this.#held.push(data)
    else this.onmessage?.({ data })
  }

  hold(): void {
    this.#isHeld = true
  }

  letGo(): void {
    this.#isHeld = false
    for (const data of this.#held.splice(0)) this.onmessage?.({ data })
  }

  close(): void {
    Channel.all = Channel.all.filter((channel) => channel !== this)
  }
}

/** Who waits for the lock; the test gives it to them. */
let waiters: (() => void)[] = []

beforeEach(() => {
  place.directory = new MemoryDirectory({ path: 'd' })
  Channel.all = []
  waiters = []
  vi.stubGlobal('BroadcastChannel', Channel)
  vi.stubGlobal('navigator', {
    locks: {
      request: (_: string, { signal }: { signal: AbortSignal }, run: () => Promise<void>) =>
        new Promise<void>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          waiters.push(() => run().then(resolve, reject))
        }),
    },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** A page and its tab: what it calls, by number, settles. */
class Page {
  readonly tab: Tab
  readonly channel: Channel
  readonly #answers = new Map<number, (reply: Reply) => void>()
  #last = 0

  constructor() {
    this.tab = new Tab('d', { durability: 'soft' }, false, (reply) => {
      if ('id' in reply) this.#answers.get(reply.id)?.(reply)
    })
    this.channel = Channel.all.at(-1)!
  }

  call(name: string, method: string, ...args: unknown[]): Promise<unknown> {
    const target = name === '' ? { kind: 'database' as const } : { kind: 'collection' as const, name }
    return this.#ask({ target, method, args: { value: args, holes: [] } })
  }

  /** Begins an iteration over a collection; resolves with what asks it for more. */
  async iterate(name: string): Promise<() => Promise<unknown>> {
    const args = { value: [], holes: [] }
    const cursor = await this.#ask({ target: { kind: 'collection', name }, method: 'find', args, then: 'iterate' })
    return () => this.#ask({ target: { kind: 'cursor', cursor: cursor as number }, method: 'next', args })
  }

  #ask(call: Omit<CallRequest, 'id'>): Promise<unknown> {
    const request: CallRequest = { id: ++this.#last, ...call }
    return new Promise((resolve, reject) => {
      this.#answers.set(request.id, (reply) => {
        if ('error' in reply) reject(new Error(reply.error.message))
        else resolve((reply as { value: unknown }).value)
      })
      this.tab.handle(request)
    })
  }
}

async function threePages(): Promise<[Page, Page, Page]> {
  const pages: [Page, Page, Page] = [new Page(), new Page(), new Page()]
  for (const { tab } of pages) await tab.open(undefined)
  await pages[0].call('', 'createCollection', 'posts')
  await pages[0].call('posts', 'insert', [{ n: 0 }])
  return pages
}

it('a call that reaches the next tab before its sender knows of it is done once', async () => {
  const [first, second, third] = await threePages()
  expect(await third.call('posts', 'count')).toBe(1)
  await first.tab.close()
  // The third page does not hear yet that the second one serves, and calls.
  third.channel.hold()
  waiters[0]!()
  expect(await second.call('posts', 'count')).toBe(1)
  const inserted = third.call('posts', 'insert', [{ n: 1 }])
  await second.call('posts', 'count')
  third.channel.letGo()
  expect(await inserted).toMatchObject({ inserted: 1 })
  // It was inserted twice, under two keys, and the page was told of one.
  expect(await second.call('posts', 'count')).toBe(2)
  for (const { tab } of [second, third]) await tab.close()
})

it('a call that meets a tab which is closing waits for the next one', async () => {
  const [first, second, third] = await threePages()
  const closed = first.tab.close()
  const inserted = third.call('posts', 'insert', [{ n: 1 }])
  await closed
  waiters[0]!()
  expect(await inserted).toMatchObject({ inserted: 1 })
  expect(await second.call('posts', 'count')).toBe(2)
  for (const { tab } of [second, third]) await tab.close()
})

// Tabs numbered iterations alike: one that was begun before took the documents of one begun after.
it('an iteration that was begun in a tab which is gone gets nothing of one in the next', async () => {
  const [first, second, third] = await threePages()
  const pages = [second, third]
  const before = await Promise.all(pages.map((page) => page.iterate('posts')))
  await first.tab.close()
  waiters[0]!()
  const after = await Promise.all(pages.map((page) => page.iterate('posts')))
  for (const next of before) await expect(next()).rejects.toThrow('this iteration has ended')
  for (const next of after) expect(await next()).toEqual([{ id: expect.any(String), n: 0 }])
  for (const { tab } of pages) await tab.close()
})

/** A tab of another release: answers each `hello`, and hears all. */
function stranger(isServing: boolean): { readonly heard: Record<string, unknown>[]; say: (kind: string) => void } {
  const channel = new Channel()
  const heard: Record<string, unknown>[] = []
  const say = (kind: string) => channel.postMessage({ kind, from: 'stranger', release: '99.1' })
  channel.onmessage = ({ data }) => {
    const note = data as Record<string, unknown>
    heard.push(note)
    if (isServing && note.kind === 'hello') say('serving')
  }
  return { heard, say }
}

it('a tab of another release that has the database is named', async () => {
  const database = await openDatabase({ storage: (place.directory as MemoryDirectory).reopen() })
  const { heard } = stranger(true)
  const page = new Page()
  await expect(page.tab.open(undefined)).rejects.toMatchObject({
    code: 'QUIVER_LOCKED',
    message: expect.stringMatching(/another tab that has quiverdb 99\.1, this one has \S+: reload or close that tab/),
    details: { path: 'd', release: '99.1' },
  })
  expect(heard.map(({ kind }) => kind)).toEqual(['hello', 'bye'])
  await database.close()
})

it('a tab tells those of another release that it has the database', async () => {
  const page = new Page()
  await page.tab.open(undefined)
  const { heard, say } = stranger(false)
  say('hello')
  await vi.waitFor(() => expect(heard).toMatchObject([{ kind: 'serving', release: expect.stringMatching(/^\S+$/) }]))
  // What else they send may mean something else.
  say('request')
  say('bye')
  expect(await page.call('', 'collections')).toEqual([])
  await page.tab.close()
})

it('calls fail while a tab of another release has the database, and work again after that', async () => {
  const [first, second, third] = await threePages()
  const { say } = stranger(false)
  await first.tab.close()
  const waiting = second.call('posts', 'count')
  say('serving')
  await expect(waiting).rejects.toThrow('another tab that has quiverdb 99.1')
  await expect(third.call('posts', 'count')).rejects.toThrow('another tab that has quiverdb 99.1')
  waiters[0]!()
  await vi.waitFor(async () => expect(await second.call('posts', 'count')).toBe(1))
  expect(await third.call('posts', 'count')).toBe(1)
  for (const { tab } of [second, third]) await tab.close()
})
