import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Longer than any other: they are begun first, so that in the end no process is left alone with one of them. */
const LONG = [
  'crash/partition',
  'browser/kill',
  'package/node',
  'contract/pages',
  'crash/sigkill',
  'crash/damage',
  'model/partition',
].map((name) => `/test/${name}.test.ts`)

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((end) => moduleId.endsWith(end))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/soak/**'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // As many as there are cores: the one that vitest would leave free for itself is half of a small machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongFirst },
    // They end what hangs. On a busy machine what takes seconds elsewhere took more than a minute, and failed though nothing was wrong.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
