"""The live stream: what happens is told once, to every client at its own pace."""
