// Promise: a misspelt name is refused with the one that was probably meant, or with all there are.

import { expect, it } from 'vitest'
import { nearestName, UnknownOptionError, unknownOption } from '../../../src/error/index.ts'

const KNOWN = ['durability', 'readOnly', 'repair', 'onProgress']

it.each([
  ['durabilty', 'durability'],
  ['durrability', 'durability'],
  ['readonly', 'readOnly'],
  ['READONLY', 'readOnly'],
  ['reapir', 'repair'],
  ['onprogres', 'onProgress'],
])('%s is %s', (given, meant) => {
  expect(nearestName(given, KNOWN)).toBe(meant)
})

it.each([['x'], ['limit'], ['rp'], ['']])('%j is nothing of it', (given) => {
  expect(nearestName(given, KNOWN)).toBeUndefined()
})

it('the error tells what was given and what would be right', () => {
  const near = unknownOption('readonly', KNOWN, 'of open')
  expect(near).toBeInstanceOf(UnknownOptionError)
  expect(near.message).toBe('unknown option "readonly" of open: did you mean "readOnly"?')
  expect(near.details).toEqual({ option: 'readonly', known: KNOWN, nearest: 'readOnly' })
  expect(unknownOption('x', KNOWN, 'of open').message).toBe(
    'unknown option "x" of open: it takes durability, readOnly, repair, onProgress',
  )
})
