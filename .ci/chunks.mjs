// @ts-check
// esbuild puts what several entries share into a file for each combination of entries, and counts parts behind import() as entries: what
// is loaded at once falls into a dozen files. Rollup knows that a part finds everything there already that whoever loads it has, so
// it puts the files together anew: one for what is loaded at once, one for each part.

import { basename, join, posix } from 'node:path'
import { build, transform } from 'esbuild'
import { rollup } from 'rollup'

/** Parts that others stand on, or that are loaded together: one file each, where they would make several. */
const BASES = { queries: ['queries'], files: ['files', 'file'] }

/**
 * Lines are cut within strings, too, where a backslash stands before the line's end. A bundler that indents the module (Rollup does, for CommonJS and
 * classic scripts) would put its white space into the string.
 *
 * @param {string} text
 */
export function wholeStrings(text) {
  const joined = text.replace(/(?<!\\)((?:\\\\)*)\\\n/g, '$1')
  // A binary's line ends with it: an error thrown in the rest of the line would be printed with all of it above.
  return joined.replace(/("[\w+/=]{1000,}"[,;])(?!\n)/g, '$1\n')
}

/**
 * @param {import('esbuild').OutputFile[]} files of a build with `splitting`
 * @param {readonly string[]} entries names of the entries, without ending; what is loaded with the first becomes one file
 * @param {string} folder where they were to go, absolute
 * @param {number} [lineLimit] letters a line, about; 0 is one line
 * @returns {Promise<{ name: string, text: string }[]>} relative to the folder
 */
export async function chunksOf(files, entries, folder, lineLimit = 0) {
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  const core = await loadedWith(join(folder, `${entries[0]}.js`), texts)
  const atOnce = new Set(core)
  for (const name of entries.slice(1)) await loadedWith(join(folder, `${name}.js`), texts, atOnce)
  /** @type {Map<string, string>} */
  const baseOf = new Map()
  const before = new Set(atOnce)
  for (const [base, parts] of Object.entries(BASES)) {
    for (const path of [...texts.keys()].filter((one) => parts.some((part) => nameOf(one) === `${part}.js`))) {
      const known = new Set(before)
      for (const one of await loadedWith(path, texts, before)) if (!known.has(one)) baseOf.set(one, base)
    }
  }
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((name) => [name, join(folder, `${name}.js`)])),
    treeshake: {
      // Small files that have no effects are joined with others: one that imports a package which may not be there has one.
      moduleSideEffects: (id, isExternal) => isExternal && id.startsWith('@langchain/'),
      propertyReadSideEffects: false,
    },
    plugins: [
      {
        name: 'built-files',
        resolveId(id, importer) {
          const path = importer === undefined || !id.startsWith('.') ? id : posix.join(posix.dirname(importer), id)
          return texts.has(path) ? path : { id, external: true }
        },
        load: (id) => texts.get(id),
      },
    ],
    onwarn: (warning) => {
      if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(warning.message)
    },
  })
  const { output } = await bundle.generate({
    format: 'es',
    dir: folder,
    entryFileNames: '[name].js',
    chunkFileNames: ({ name }) => `chunks/${nameOf(name)}-[hash].js`,
    externalLiveBindings: false,
    hoistTransitiveImports: false,
    onlyExplicitManualChunks: true,
    manualChunks: (id) => {
      if (core.has(id) && !id.endsWith(`/${entries[0]}.js`)) return 'core'
      return baseOf.get(id) ?? null
    },
  })
  await bundle.close()
  return await Promise.all(
    output
      .flatMap((file) => (file.type === 'chunk' ? [file] : []))
      .map(async ({ fileName, code }) => {
        const { code: text } = await transform(code, {
          target: 'es2022',
          minifyWhitespace: true,
          minifySyntax: true,
          lineLimit,
        })
        return { name: fileName, text: wholeStrings(text) }
      }),
  )
}

/**
 * Adds a built file and what it imports, and so on, to what was found before.
 *
 * @param {string} path
 * @param {Map<string, string>} texts
 * @param {Set<string>} found
 */
async function loadedWith(path, texts, found = new Set()) {
  const text = texts.get(path)
  if (text === undefined || found.has(path)) return found
  found.add(path)
  for (const one of (await imported(text)).filter((id) => id.startsWith('.'))) {
    await loadedWith(posix.join(posix.dirname(path), one), texts, found)
  }
  return found
}

/** @param {string} text of a module */
async function imported(text) {
  const { metafile } = await build({
    stdin: { contents: text },
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    external: ['*'],
    format: 'esm',
  })
  return Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, kind }) => (kind === 'import-statement' ? [path] : [])),
  )
}

/** Without the hash that esbuild gave it. @param {string} name */
function nameOf(name) {
  return basename(name).replace(/-[0-9A-Z]{8}(?=\.js$|$)/, '')
}
