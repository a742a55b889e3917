// The part of the dialect that contains the analyzers, loaded with the first hybrid search for words or the first
// sparse vector made from a text.

import { Part } from '../../engine/index.ts'

export const textPart = new Part(() => import('./text.ts'))
