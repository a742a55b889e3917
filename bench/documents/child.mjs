// One process of the suite: loads one peer, measures the groups it was handed, sends back what it found.
// node --expose-gc child.mjs '{"peer":…,"groups":[…],"parameters":{…}}'
import { GROUPS } from './measure.mjs'
import { loadPeer } from './peers.mjs'

const job = JSON.parse(process.argv[2])
const outcome = { isLoaded: false, figures: {}, checksums: {} }
try {
  const peer = await loadPeer(job.peer)
  outcome.version = peer.version
  outcome.isLoaded = true
  const rowsCount = Math.min(job.parameters.rowsCount, peer.rowsCountMax ?? Number.POSITIVE_INFINITY)
  const rowsOneCount = Math.min(job.parameters.rowsOneCount, rowsCount)
  for (const group of job.groups) {
    const { figures, checksum } = await GROUPS[group](peer, { ...job.parameters, rowsCount, rowsOneCount })
    Object.assign(outcome.figures, figures)
    if (checksum !== undefined) outcome.checksums[group] = checksum
  }
} catch (error) {
  outcome.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
}
process.send(outcome, () => process.exit(0))
