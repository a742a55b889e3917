// The part of the dialect with the analyzers in it, loaded with the first hybrid search for words or the first sparse vector of a text.

import { Part } from '../../engine/index.ts'

export const textPart = new Part(() => import('./text.ts'))
