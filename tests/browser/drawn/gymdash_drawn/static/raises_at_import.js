throw new Error("meant to break at import");
