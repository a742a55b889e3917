// Pages of Firefox and WebKit, as far as the tests use those of Chromium. A page asks the server what to do by itself: it loads each
// command as a script of its own origin, which no content security policy here forbids, and which runs in the realm of the page.

import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ensureDist } from '../../.ci/dist.mjs'
import type { Site } from './chromium.ts'
import { type Driver, type Engine, startDriver, WAIT_MS } from './drivers.ts'

const DIST = join(import.meta.dirname, '../../dist')

/** What JSON cannot say, as `{ $: kind, v }`. */
const CODING = `
function encode(value) {
  if (value === undefined) return { $: 'undefined' }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $: 'number', v: String(value) }
  if (typeof value === 'bigint') return { $: 'bigint', v: String(value) }
  if (value instanceof Date) return { $: 'date', v: value.getTime() }
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return Array.from(value, encode)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? { $: 'undefined' } : value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, encode(one)]))
}
function decode(value) {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(decode)
  switch (value.$) {
    case 'undefined': return undefined
    case 'number': return Number(value.v)
    case 'bigint': return BigInt(value.v)
    case 'date': return new Date(value.v)
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, decode(one)]))
}`

const { encode, decode } = new Function(`${CODING}; return { encode, decode }`)() as Record<
  'encode' | 'decode',
  (value: unknown) => unknown
>

const AGENT = `(() => {
${CODING}
const page = new URL(document.currentScript.src).searchParams.get('page')
const post = (path, body) => fetch(path, { method: 'POST', body })
const said = (kind, text) => post('/said/' + page + '/' + kind, text).catch(() => {})
globalThis.agentOfTests = {
  decode,
  call: (name, args) => post('/call/' + page + '/' + name, JSON.stringify(encode(args))).then(() => {}),
  async answer(id, run) {
    let told
    try {
      told = { value: encode(await run()) }
    } catch (error) {
      told = { error: String(error) + '\\n' + (error && error.stack) }
    }
    await post('/answer/' + id, JSON.stringify(told))
  },
}
const log = console.log
console.log = (...args) => {
  log(...args)
  said('console', args.map(String).join(' '))
}
addEventListener('error', (event) => said('pageerror', String(event.error ?? event.message)))
addEventListener('unhandledrejection', (event) => said('pageerror', String(event.reason)))
new EventSource('/commands/' + page).onmessage = ({ data }) => {
  const [id, type] = JSON.parse(data)
  const script = document.createElement('script')
  if (type !== '') script.type = type
  script.src = '/command/' + id
  document.head.prepend(script)
}
})()`

interface Command {
  readonly source: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

interface PageState {
  readonly listeners: Map<string, ((value: unknown) => void)[]>
  readonly exposed: Map<string, (...args: unknown[]) => unknown>
  readonly pending: Set<number>
  stream: ServerResponse | undefined
  onStream: () => void
  policy: string | undefined
}

export async function startElsewhere(engine: Engine, isPrivate = false): Promise<Site> {
  await ensureDist()
  const driver = await startDriver(engine, isPrivate)
  return new Elsewhere(driver).site()
}

class Elsewhere {
  readonly #driver: Driver
  readonly #servers: Server[] = []
  readonly #mounts = [{ path: '/dist/', folder: DIST }]
  readonly #pages: PageState[] = []
  readonly #commands = new Map<number, Command>()
  #nextCommand = 1

  constructor(driver: Driver) {
    this.#driver = driver
  }

  async site(): Promise<Site> {
    const origin = await this.#listen()
    const none = () => {
      throw new Error('only Chromium has this')
    }
    const site: Site = {
      origin,
      browser: {
        newContext: () => this.#context('OPFS'),
        version: () => this.#driver.version,
      } as unknown as Browser,
      context: (medium = 'OPFS') => this.#context(medium),
      profileOnDisk: none,
      page: async (context, policy) => {
        const home = (context ?? (await this.#context('OPFS'))) as unknown as OtherContext
        const page = await home.open(policy)
        await page.goto(`${home.origin}/page`)
        if (home.medium === 'IndexedDB') await page.evaluate('delete StorageManager.prototype.getDirectory')
        await page.evaluate(`import('/dist/browser/index.js').then((module) => { window.quiverdb = module })`)
        return page
      },
      // From the root: each profile has an origin of its own.
      mount: (folder) => {
        const path = `/mount-${this.#mounts.length}/`
        this.#mounts.push({ path, folder })
        return path
      },
      close: async () => {
        await this.#driver.quit()
        for (const server of this.#servers) {
          server.closeAllConnections()
          await new Promise((resolve) => server.close(resolve))
        }
      },
    }
    return site
  }

  /** An origin of its own keeps data of its own. */
  async #listen(): Promise<string> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => response.writeHead(500).end(String(error)))
    })
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://localhost:${(server.address() as AddressInfo).port}`
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://localhost')
    const [, what, key, name] = url.pathname.split('/')
    const state = this.#pages[Number(what === 'commands' || what === 'said' || what === 'call' ? key : NaN)]
    const script = (text: string) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(text)
    if (what === 'agent.js') script(AGENT)
    else if (what === 'command') script(this.#commands.get(Number(key))?.source ?? '')
    else if (what === 'commands') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write('\n')
      state!.stream = response
      state!.onStream()
    } else if (what === 'answer') {
      const { value, error } = JSON.parse(await bodyOf(request)) as { value: unknown; error?: string }
      const command = this.#commands.get(Number(key))
      this.#commands.delete(Number(key))
      if (error === undefined) command?.resolve(decode(value))
      else command?.reject(new Error(error))
      response.end()
    } else if (what === 'said') {
      const text = await bodyOf(request)
      for (const listener of state!.listeners.get(name!) ?? []) {
        listener(name === 'console' ? { text: () => text } : new Error(text))
      }
      response.end()
    } else if (what === 'call') {
      await state!.exposed.get(name!)!(...(decode(JSON.parse(await bodyOf(request))) as unknown[]))
      response.end()
    } else this.#file(url, response)
  }

  #file({ pathname, searchParams }: URL, response: ServerResponse): void {
    const mount = this.#mounts.find(({ path }) => pathname.startsWith(path))
    const file = mount === undefined ? '' : join(mount.folder, normalize(pathname.slice(mount.path.length)))
    if (mount !== undefined && !existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    const number = searchParams.get('page')
    const policy = number === null ? undefined : this.#pages[Number(number)]?.policy
    const isScript = /\.m?js$/.test(file)
    response.writeHead(200, {
      'content-type': isScript ? 'text/javascript' : 'text/html',
      ...(policy === undefined ? {} : { 'content-security-policy': policy }),
    })
    const text = mount === undefined ? '<!doctype html><meta charset="utf-8"><head>' : readFileSync(file)
    const agent = `<script src="/agent.js?page=${number}"></script>`
    response.end(
      isScript || number === null
        ? text
        : String(text).replace(/<head>|<script/, (tag) => (tag === '<head>' ? tag + agent : agent + tag)),
    )
  }

  async #context(medium: string): Promise<BrowserContext> {
    const origin = await this.#listen()
    return new OtherContext(origin, medium, this.#driver, () => {
      const listeners = new Map()
      const state: PageState = {
        listeners,
        exposed: new Map(),
        pending: new Set(),
        stream: undefined,
        onStream: () => {},
        policy: undefined,
      }
      this.#pages.push(state)
      const run = (source: (id: number) => string, type = '') => {
        const id = this.#nextCommand++
        return new Promise<unknown>((resolve, reject) => {
          this.#commands.set(id, { source: source(id), resolve, reject })
          state.pending.add(id)
          state.stream!.write(`data: ${JSON.stringify([id, type])}\n\n`)
        }).finally(() => state.pending.delete(id))
      }
      const drop = () => {
        for (const id of state.pending) this.#commands.get(id)?.reject(new Error('the page was closed'))
      }
      return { state, number: this.#pages.length - 1, run, drop }
    }) as unknown as BrowserContext
  }
}

interface Making {
  readonly state: PageState
  readonly number: number
  run(source: (id: number) => string, type?: string): Promise<unknown>
  drop(): void
}

class OtherContext {
  readonly origin: string
  readonly medium: string
  readonly #driver: Driver
  readonly #make: () => Making
  readonly #pages: Page[] = []
  readonly #exposed = new Map<string, (...args: unknown[]) => unknown>()

  constructor(origin: string, medium: string, driver: Driver, make: () => Making) {
    this.origin = origin
    this.medium = medium
    this.#driver = driver
    this.#make = make
  }

  newPage(): Promise<Page> {
    return this.open(undefined)
  }

  async exposeFunction(name: string, run: (...args: unknown[]) => unknown): Promise<void> {
    this.#exposed.set(name, run)
  }

  async open(policy: string | undefined): Promise<Page> {
    const driver = this.#driver
    const exposed = this.#exposed
    const made = this.#make()
    made.state.policy = policy
    for (const [name, run] of exposed) made.state.exposed.set(name, run)
    const window = await driver.open()
    let isClosed = false
    const evaluate = (what: unknown, arg?: unknown) => {
      const given = JSON.stringify(encode(arg))
      const body = typeof what === 'string' ? what : `(${String(what)})(agentOfTests.decode(${given}))`
      return made.run((id) => `agentOfTests.answer(${id}, () => (${body}\n))`)
    }
    const page = {
      context: () => this,
      async goto(url: string) {
        const target = new URL(url, this.context().origin)
        target.searchParams.set('page', String(made.number))
        const isThere = new Promise<void>((resolve) => {
          made.state.onStream = resolve
        })
        await driver.goto(window, target.href)
        await isThere
        for (const name of exposed.keys()) {
          await evaluate(`void (globalThis.${name} = (...args) => agentOfTests.call(${JSON.stringify(name)}, args))`)
        }
      },
      evaluate,
      async addScriptTag({ content, type = '' }: { content: string; type?: string }) {
        await made.run(
          (id) =>
            type === 'module'
              ? `${content}\nagentOfTests.answer(${id}, () => {})`
              : `${content}\n;agentOfTests.answer(${id}, () => {})`,
          type,
        )
      },
      async waitForFunction(what: unknown, arg?: unknown, { timeout = WAIT_MS } = {}) {
        const end = Date.now() + timeout
        while ((await evaluate(what, arg)) !== true) {
          if (Date.now() > end) throw new Error('it does not come')
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      },
      on(event: string, listener: (value: unknown) => void) {
        const { listeners } = made.state
        listeners.set(event, [...(listeners.get(event) ?? []), listener])
      },
      async close() {
        if (isClosed) return
        isClosed = true
        await driver.close(window)
        made.drop()
      },
    }
    this.#pages.push(page as unknown as Page)
    return page as unknown as Page
  }

  async close(): Promise<void> {
    for (const page of this.#pages) await page.close()
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}
