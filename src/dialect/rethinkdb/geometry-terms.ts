// Terms about geometry.
export {}
