"""Pictures as a camera sees them at an angle."""

import cv2
import numpy as np

SCENE = (640, 480)


def seen_at_angle(picture, degrees, *, axis=1.0, turn=0, ground=0, focal=1.2):
    """Return a scene of 640 x 480 pixels with a plane picture turned away about an axis, and the picture's corners.

    The picture fills about half of the scene. The corners begin with its top left one and run clockwise.
    """
    rows, columns = picture.shape
    flat = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64)
    centred = np.column_stack([flat - (columns / 2, rows / 2), np.zeros(4)])
    direction = np.array([np.cos(axis), np.sin(axis), 0.0]) * np.radians(degrees)
    roll, _ = cv2.Rodrigues(np.array([0.0, 0.0, np.radians(turn)]))
    moved = centred @ (cv2.Rodrigues(direction)[0] @ roll).T + (0, 0, focal * max(SCENE) * 0.75)
    corners = moved[:, :2] * (focal * max(SCENE) / moved[:, 2:]) + np.array(SCENE) / 2
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), corners.astype(np.float32))
    scene = cv2.warpPerspective(picture, matrix, SCENE, flags=cv2.INTER_AREA, borderValue=ground)
    return scene, corners
