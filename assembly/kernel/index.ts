export { commonBits, countBits, hammingBits } from "./bits";
export { codesNormMax, codesOfRow, codesPaired, dotCodes, dotCodes4, dotCodesShort4, dotRows, SEGMENT } from "./code";
export { lanesOfBfloat, lanesOfCodes, lanesOfHalf, lanesOfInt8 } from "./element";
export { cosineF64, dotF32, dotF64, dotPairF32, firstF32, l2F32, l2F64, l2PairF32, secondF32 } from "./float";
export { codesResidual, codesSquare, encodeInt16, encodeInt8, lanesMax, lanesMeasure, lanesSquare } from "./quantize";
