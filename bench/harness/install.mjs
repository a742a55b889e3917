// The peers have a lock file of their own and are installed beside it, never with the package.
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

export const arePeersInstalled = () => existsSync(`${COMPARE}node_modules/.package-lock.json`)
