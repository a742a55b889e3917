// Real Chromium, or another browser that QUIVER_BROWSER names, on pages served from this machine: the built bundles under /dist, and pages that tests give.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { ensureDist } from '../../.ci/dist.mjs'
import { ENGINES, programOf, WAIT_MS } from './drivers.ts'
import { startElsewhere } from './elsewhere.ts'

const DIST = join(import.meta.dirname, '../../dist')
const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Another engine that the pages are to run in, where it is asked for: `QUIVER_BROWSER=firefox`. */
const elsewhere = ENGINES.find((engine) => engine === process.env['QUIVER_BROWSER'])

export const browserName = elsewhere ?? 'Chromium'
/** Only there can a quota be set, and a page's process be ended. */
export const isChromium = elsewhere === undefined

/** Path of the browser; undefined where there is none. */
export const executablePath =
  elsewhere === undefined ? PLACES.find((path) => path !== undefined && existsSync(path)) : programOf(elsewhere)

const PAGE = '<!doctype html><meta charset="utf-8"><title>quiverdb</title>'

const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP plain.test 127.0.0.1'],
]

/** Where a page keeps its databases: the private file system, or, in browsers without one, IndexedDB. */
export const MEDIA = ['OPFS', 'IndexedDB'] as const

export interface Site {
  readonly origin: string
  readonly browser: Browser
  /** A profile of its own, with a private file system or without. */
  context(medium?: (typeof MEDIA)[number]): Promise<BrowserContext>
  /** The same on disk: only such profiles keep to a quota. */
  profileOnDisk(medium: (typeof MEDIA)[number]): Promise<BrowserContext>
  /** A page of a profile of its own, or of `context`, with quiverdb as `window.quiverdb`. */
  page(context?: BrowserContext, head?: string): Promise<Page>
  /** Serves a folder; answers its address. */
  mount(folder: string): string
  close(): Promise<void>
}

/** A browser that asks nothing of anybody. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: executablePath!, args: ARGUMENTS, timeout: WAIT_MS })
}

/** Starts a server and a browser. */
export async function startSite(): Promise<Site> {
  if (elsewhere !== undefined) return await startElsewhere(elsewhere)
  await ensureDist()
  const heads = new Map<string, string>()
  const mounts = [{ path: '/dist/', folder: DIST }]
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost')
    const mount = mounts.find(({ path }) => pathname.startsWith(path))
    const file = mount === undefined ? '' : join(mount.folder, normalize(pathname.slice(mount.path.length)))
    if (mount !== undefined && !existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    const policy = heads.get(pathname)
    response.writeHead(200, {
      'content-type': /\.m?js$/.test(file) ? 'text/javascript' : 'text/html',
      ...(policy === undefined ? {} : { 'content-security-policy': policy }),
    })
    response.end(mount === undefined ? PAGE : readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const browser = await launchChromium()
  const folders: string[] = []
  let pages = 0
  const contextOf = async (making: Promise<BrowserContext>, medium: string) => {
    const context = await making
    context.setDefaultTimeout(WAIT_MS)
    if (medium === 'IndexedDB') await context.addInitScript('delete StorageManager.prototype.getDirectory')
    return context
  }
  return {
    origin,
    browser,
    context: (medium = 'OPFS') => contextOf(browser.newContext(), medium),
    profileOnDisk(medium) {
      const folder = mkdtempSync(join(tmpdir(), 'quiverdb-profile-'))
      folders.push(folder)
      return contextOf(
        chromium.launchPersistentContext(folder, {
          executablePath: executablePath!,
          args: ARGUMENTS,
          timeout: WAIT_MS,
        }),
        medium,
      )
    },
    async page(context, policy) {
      const home = context ?? (await contextOf(browser.newContext(), 'OPFS'))
      const page = await home.newPage()
      const path = `/page-${++pages}`
      if (policy !== undefined) heads.set(path, policy)
      await page.goto(`${origin}${path}`)
      await page.evaluate(`import('/dist/browser/index.js').then((module) => { window.quiverdb = module })`)
      return page
    },
    mount(folder) {
      const path = `/mount-${mounts.length}/`
      mounts.push({ path, folder })
      return `${origin}${path}`
    },
    async close() {
      await browser.close()
      await closeServer(server)
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
