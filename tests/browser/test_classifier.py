"""Somebody asks a classifier from the page what a picture shows."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import expect

from gymdash_torch.example.data import load_pictures

TRAINED = {"epochs": 8, "batch_size": 32, "lr": 0.004, "seed": 7}


def test_a_picture_is_chosen_and_its_class_is_shown_with_a_picture(pages, server, screenshots, tmp_path):
    run = server.start("example_ml", dataset="digits", val=True, inference=True, train_kwargs=TRAINED)
    server.until(run, "running")
    pixels, labels = load_pictures("digits", None).test.tensors
    out = io.BytesIO()
    Image.fromarray(pixels[3, 0].numpy()).resize((64, 64)).save(out, "PNG")
    server.eventually(lambda: (server.get(f"/simulations/{run}")["progress"] or {}).get("current") == 320, 60)

    pages.expected = ("409",)  # the channels of a run that has just ended are asked for once more
    page = pages.open(f"/control?runs={run}")
    control = page.get_by_role("article", name="Control of example_ml")
    chosen = {"name": "digit.png", "mimeType": "image/png", "buffer": out.getvalue()}
    control.locator('input[type="file"]').set_input_files(chosen)
    expect(control.get_by_role("img", name="digit.png")).to_be_visible()
    control.get_by_role("button", name="Ask: What does a picture show?").click()
    expect(control).to_contain_text(f'"label": "{labels[3].item()}"')
    shown = control.get_by_role("img", name="picture")
    server.eventually(lambda: shown.evaluate("image => image.naturalWidth") > 100)  # it is there before it is read
    page.screenshot(path=screenshots / "classifier.png", full_page=True)
    control.get_by_role("button", name="Finish inference").click()
    expect(control.get_by_text("succeeded", exact=True)).to_be_visible()
