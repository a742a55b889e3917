// Promise: every entry keeps its contract in the workers that a page makes by itself: dedicated ones, shared ones, service workers. Checked by
// running one suite in each, in Chromium, on a bundle of the packed tarball.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executablePath, type Site, startSite } from '../browser/chromium.ts'
import type { Project } from '../package/tarball.ts'
import { contractProject, expectAll, importing, type Outcome } from './project.ts'

/** Answers whoever asks, over whatever port there is. */
const PROGRAM = `${importing()}
const answer = (port) => runSuite(modules, (name) => name).then((outcomes) => port.postMessage(outcomes))
self.onmessage = (event) => {
  if (event.data !== 'run') return
  const answered = answer(event.source ?? self)
  // Without it a service worker is ended after half a minute, which a busy machine needs.
  event.waitUntil?.(answered)
}
self.onconnect = ({ ports }) => answer(ports[0])
self.oninstall = () => self.skipWaiting()
`

/** How a page makes each kind, and hears of it. */
const KINDS = {
  dedicated: `const worker = new Worker(url)
    worker.postMessage('run')
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))`,
  shared: `const worker = new SharedWorker(url)
    worker.port.onmessage = ({ data }) => resolve(data)
    worker.onerror = () => reject(new Error('it did not start'))`,
  service: `navigator.serviceWorker.onmessage = ({ data }) => resolve(data)
    navigator.serviceWorker.register(url).then(() => navigator.serviceWorker.ready).then(({ active }) => active.postMessage('run'), reject)`,
}

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let site: Site
  let project: Project
  let address: string
  beforeAll(async () => {
    site = await startSite()
    project = await contractProject()
    project.write('worker.mjs', PROGRAM)
    const folder = join(project.folder, 'served')
    await esbuild.build({
      absWorkingDir: project.folder,
      entryPoints: ['worker.mjs'],
      bundle: true,
      outfile: 'served/worker.js',
      logLevel: 'silent',
    })
    writeFileSync(join(folder, 'index.html'), '<!doctype html>')
    address = site.mount(folder)
  })
  afterAll(async () => {
    await site?.close()
    project?.remove()
  })

  it.each(Object.entries(KINDS))('a %s worker', async (kind, making) => {
    const context = await site.context()
    const page = await context.newPage()
    await page.goto(`${address}index.html`)
    const outcomes = await page.evaluate(`new Promise((resolve, reject) => {
      const url = './worker.js'
      ${making}
    })`)
    expectAll(outcomes as Outcome[])
    const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    // Only dedicated workers open files of the private file system.
    expect(databases.length === 0).toBe(kind === 'dedicated')
    await context.close()
  })
})
