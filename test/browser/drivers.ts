// Firefox and WebKit, started and steered with nothing but what they bring: windows are opened, led to an address and closed.
// Specifications: W3C WebDriver; Firefox speaks its commands over a socket of its own (Marionette).

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ENGINES = ['firefox', 'webkit'] as const
export type Engine = (typeof ENGINES)[number]

export interface Driver {
  readonly version: string
  readonly pid: number
  /** Opens a window; answers what it is called. */
  open(): Promise<string>
  goto(window: string, url: string): Promise<void>
  close(window: string): Promise<void>
  quit(): Promise<void>
}

/** A WebDriver command, as Marionette names it and as HTTP does. */
type Send = (command: string, parameters?: object) => Promise<unknown>

/** Less than what vitest gives a test, so that it is said what did not come; on a busy machine half a minute is soon over. */
export const WAIT_MS = 240_000

/** The program of an engine; undefined where it is not installed. */
export function programOf(engine: Engine): string | undefined {
  if (engine === 'firefox') return first([process.env['FIREFOX'], '/usr/bin/firefox-esr', '/usr/bin/firefox'])
  // It has no mode without a display.
  const display = process.env['DISPLAY'] === undefined ? first(['/usr/bin/Xvfb']) : 'given'
  const browser = first(
    globbed('/usr/lib', /-linux-gnu$/).flatMap((folder) =>
      ['4.1', '6.0', '4.0'].map((version) => `${folder}/webkit2gtk-${version}/MiniBrowser`),
    ),
  )
  return display !== undefined ? browser : undefined
}

function globbed(folder: string, pattern: RegExp): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => pattern.test(name))
        .map((name) => join(folder, name))
    : []
}

function first(paths: readonly (string | undefined)[]): string | undefined {
  return paths.find((path) => path !== undefined && path !== '' && existsSync(path))
}

/** @param isPrivate - its windows are private ones, which leave nothing behind. */
export async function startDriver(engine: Engine, isPrivate: boolean): Promise<Driver> {
  return engine === 'firefox' ? await startFirefox(isPrivate) : await startWebKit(isPrivate)
}

const PREFERENCES = {
  'marionette.port': 0,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.server': '',
  'app.update.disabledForTesting': true,
  'app.normandy.enabled': false,
  'extensions.update.enabled': false,
  'services.settings.server': 'data:,',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'network.dns.localDomains': 'plain.test',
  'dom.disable_beforeunload': true,
  'dom.min_background_timeout_value': 4,
}

async function startFirefox(isPrivate: boolean): Promise<Driver> {
  const profile = mkdtempSync(join(tmpdir(), 'quiverdb-firefox-'))
  const lines = Object.entries({ ...PREFERENCES, 'browser.privatebrowsing.autostart': isPrivate }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  )
  writeFileSync(join(profile, 'user.js'), lines.join('\n'))
  const program = spawn(
    programOf('firefox')!,
    ['--headless', '--marionette', '--no-remote', '--profile', profile, 'about:blank'],
    { stdio: 'ignore', env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1' } },
  )
  const end = async () => {
    await ended(program)
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const portFile = join(profile, 'MarionetteActivePort')
    await until(() => existsSync(portFile) && readFileSync(portFile, 'utf8') !== '', program)
    const socket = connect(Number(readFileSync(portFile, 'utf8')), '127.0.0.1')
    const send = marionette(socket)
    const { capabilities } = (await send('NewSession')) as { capabilities: { browserVersion: string } }
    return steer(send, program.pid!, capabilities.browserVersion, async () => {
      socket.destroy()
      await end()
    })
  } catch (error) {
    await end()
    throw error
  }
}

/** Messages are `length:[0, id, command, parameters]`, answers `length:[1, id, error, result]`. */
function marionette(socket: Socket): Send {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let nextId = 1
  let unread = Buffer.alloc(0)
  let onGreeting = () => {}
  const greeted = new Promise<void>((resolve) => {
    onGreeting = resolve
  })
  socket.on('data', (data) => {
    unread = Buffer.concat([unread, data])
    for (;;) {
      const colon = unread.indexOf(':')
      const size = Number(unread.subarray(0, colon).toString())
      if (colon < 0 || unread.length < colon + 1 + size) return
      const message = JSON.parse(unread.subarray(colon + 1, colon + 1 + size).toString()) as unknown
      unread = unread.subarray(colon + 1 + size)
      onGreeting()
      if (!Array.isArray(message)) continue
      const [, id, error, result] = message as [number, number, { message: string } | null, unknown]
      const { resolve, reject } = waiting.get(id)!
      waiting.delete(id)
      if (error === null) resolve(result)
      else reject(new Error(error.message))
    }
  })
  const fail = () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has gone'))
    waiting.clear()
  }
  socket.on('error', fail)
  socket.on('close', fail)
  return async (command, parameters = {}) => {
    await greeted
    const id = nextId++
    const message = Buffer.from(JSON.stringify([0, id, `WebDriver:${command}`, parameters]))
    return await new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      socket.write(`${message.length}:`)
      socket.write(message)
    })
  }
}

/** Windows of a page that opens them when it is told to: under WebDriver, MiniBrowser keeps no files. */
const CONTROLLER = `<!doctype html><script>
const windows = new Map()
new EventSource('/commands').onmessage = ({ data }) => {
  const { id, kind, name, url } = JSON.parse(data)
  const target = windows.get(name)
  if (kind === 'open') windows.set(name, open('about:blank', name))
  else if (kind === 'goto') target.location.href = url
  else target.close()
  fetch('/done/' + id + '/' + encodeURIComponent(navigator.userAgent))
}
</script>`

/** What Safari has and WebKitGTK has built in but turned off. */
const FEATURES = ['StorageAPI', 'StorageAPIEstimate']
/** The private file system, too: WebKitGTK opens no files of it synchronously, but in private windows it is refused before that. */
const PRIVATE = ['FileSystem', 'AccessHandle']

async function startWebKit(isPrivate: boolean): Promise<Driver> {
  const home = mkdtempSync(join(tmpdir(), 'quiverdb-webkit-'))
  const started: ChildProcess[] = []
  const waiting = new Map<number, (agent: string) => void>()
  let stream: ServerResponse | undefined
  const server = createServer((request, response) => {
    const [, what, id, agent] = request.url!.split('/')
    if (what === 'commands') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('\n')
      stream = response
      return
    }
    waiting.get(Number(id))?.(decodeURIComponent(agent ?? ''))
    response.writeHead(200, { 'content-type': 'text/html' }).end(what === '' ? CONTROLLER : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const end = async () => {
    for (const program of started.reverse()) await ended(program)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    let display = process.env['DISPLAY']
    if (display === undefined) {
      const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      })
      started.push(screen)
      let said = ''
      screen.stdio[3]!.on('data', (data) => {
        said += String(data)
      })
      await until(() => said.endsWith('\n'), screen)
      display = `:${said.trim()}`
    }
    const address = `http://localhost:${(server.address() as AddressInfo).port}/`
    const features = isPrivate ? [...FEATURES, ...PRIVATE] : FEATURES
    const options = [`--features=${features.join()}`, '--javascript-can-open-windows-automatically=true']
    if (isPrivate) options.push('--private')
    const environment = { DISPLAY: display, GDK_BACKEND: 'x11', HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home }
    const program = spawn(programOf('webkit')!, [...options, address], {
      stdio: 'ignore',
      env: { ...process.env, ...environment, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    })
    started.push(program)
    await until(() => stream !== undefined, program)
    let nextId = 1
    const send = (kind: string, name: string, url = '') => {
      const id = nextId++
      return new Promise<string>((resolve) => {
        waiting.set(id, resolve)
        stream!.write(`data: ${JSON.stringify({ id, kind, name, url })}\n\n`)
      })
    }
    const agent = await send('open', 'kept')
    let windows = 0
    return {
      version: /Version\/([\d.]+)/.exec(agent)?.[1] ?? agent,
      pid: program.pid!,
      async open() {
        const name = `window-${++windows}`
        await send('open', name)
        return name
      },
      async goto(name, url) {
        await send('goto', name, url)
      },
      async close(name) {
        await send('close', name)
      },
      quit: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** One command at a time: which window it is for was said by the one before. */
function steer(send: Send, pid: number, version: string, end: () => Promise<void>): Driver {
  let last: Promise<unknown> = Promise.resolve()
  const alone = <R>(run: () => Promise<R>): Promise<R> => {
    const next = last.then(run)
    last = next.catch(() => {})
    return next
  }
  const inWindow = (handle: string, command: string, parameters?: object) =>
    alone(async () => {
      await send('SwitchToWindow', { handle })
      await send(command, parameters)
    })
  // The browser ends with its last window.
  const kept = alone(() => send('GetWindowHandle')).then((handle) =>
    typeof handle === 'string' ? handle : (handle as { value: string }).value,
  )
  return {
    version,
    pid,
    async open() {
      const first = await kept
      return await alone(async () => {
        await send('SwitchToWindow', { handle: first })
        const { handle } = (await send('NewWindow', { type: 'tab' })) as { handle: string }
        return handle
      })
    },
    goto: (window, url) => inWindow(window, 'Navigate', { url }),
    close: (window) => inWindow(window, 'CloseWindow'),
    async quit() {
      await alone(() => send('DeleteSession')).catch(() => {})
      await end()
    },
  }
}

async function until(isDone: () => boolean | Promise<boolean>, program: ChildProcess): Promise<void> {
  const end = Date.now() + WAIT_MS
  while (!(await isDone())) {
    if (program.exitCode !== null) throw new Error(`${program.spawnfile} ended with ${program.exitCode}`)
    if (Date.now() > end) throw new Error(`${program.spawnfile} does not come up`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function ended(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  const gone = new Promise((resolve) => program.once('exit', resolve))
  program.kill('SIGKILL')
  await gone
}
