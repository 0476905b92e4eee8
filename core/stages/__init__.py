"""What each stage makes of a batch: one file a stage, named as its transform; pure, and driven by whoever has batches.

In come elements of ``core.elements``; out go ``StepResult`` of ``core.stage``.
"""
