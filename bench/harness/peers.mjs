// Who takes part. The peers have a lock file of their own and are installed beside it, never with the package.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const COMPARE = fileURLToPath(new URL('../compare/', import.meta.url))

/** Installs the peers where they are missing. A failure is a note, not an end: who cannot be loaded is skipped. */
export function installPeers(say) {
  if (existsSync(`${COMPARE}node_modules/.package-lock.json`)) return true
  say('installing the peers into bench/compare (better-sqlite3 is compiled, which takes about a minute)')
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: COMPARE, stdio: 'inherit' })
    return true
  } catch (error) {
    say(`the peers could not be installed (${error.message.split('\n')[0]}); going on without them`)
    return false
  }
}

const arePeersInstalled = () => existsSync(`${COMPARE}node_modules/.package-lock.json`)

const ENTRY = new URL('../../dist/index.js', import.meta.url)

/**
 * The names of a suite's peers that take part: those asked for, or all but (in a smoke run) variants; who cannot is a note.
 * @param {Record<string, { title: string, module: string, isForeign?: boolean, isVariant?: boolean }>} peers
 * @param {{ peers?: readonly string[], isSmoke?: boolean }} options
 * @param {(line: string) => void} note
 */
export function choosePeers(peers, options, note) {
  return Object.keys(peers).filter((name) => {
    const { title, module, isForeign, isVariant } = peers[name]
    if (options.peers === undefined ? options.isSmoke && isVariant : !options.peers.includes(name)) return false
    if (module === 'quiverdb' && !existsSync(ENTRY)) {
      note(`${title} is left out: dist/ is not built (npm run build)`)
      return false
    }
    if (isForeign && !arePeersInstalled()) {
      note(`${title} is left out: not installed (npm ci --prefix bench/compare)`)
      return false
    }
    return true
  })
}
