#!/bin/sh
echo "Traceback (most recent call last):"
